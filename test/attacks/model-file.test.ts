// Before the library: it must not send usage data.
import '../../registry-repo/runtime/no-telemetry.ts';

import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { scanOnnx } from '../../registry-repo/onnx-scan/scan.ts';
import { scoreInProcess } from '../../registry-repo/scoring/score.process.ts';
import type { Score } from '../../registry-repo/scoring/score.ts';
import { external, hungry, inShort, loop, slow, tiny, withInitializer, withNodes } from '../support/crafted.ts';
import { CONTRACT, skilled, WORDS } from '../support/models.ts';
import { attribute, bytes, FLOAT, floats, INT64, int64s, node, tensor, value } from '../support/onnx.ts';
import { temporaryFolder } from '../support/paths.ts';
import { candidateOf, scoreTiny, TestRegistry } from '../support/registry.ts';
import { workOf } from '../support/work.ts';

const attacks = suite<{ test: TestRegistry }>('attacks by the model file');
attacks.before(async (context) => {
  context.test = await TestRegistry.create((policy) => {
    policy.limits.scoreMegabytes = 500;
  });
});
/** The gate is alive, and still lets a good candidate through. */
attacks.after(async ({ test }) => {
  const { judgement } = await test.gate(await test.propose(candidateOf(9), { version: 1 }), { score: scoreTiny });
  assert.is(judgement.result, 'pass');
});

const judged = async (test: TestRegistry, onnx: Uint8Array, over = {}) => {
  const head = await test.propose(candidateOf(9, { onnx }), { version: 1 });
  return inShort((await test.gate(head, over)).judgement);
};
const inProcess = { score: scoreTiny };
const hurried: Score = (task) => scoreTiny({ ...task, seconds: 2 });
const loads = async (onnx: Uint8Array): Promise<boolean> =>
  InferenceSession.create(onnx, { logSeverityLevel: 4 }).then(
    () => true,
    () => false,
  );

attacks('attack 29: weights that lie in a file of the host', async ({ test }) => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'weights'), Buffer.alloc(WORDS.length * 2 * 4));
  symlinkSync(join(folder, 'weights'), join(folder, 'link'));
  for (const path of ['/etc/passwd', '../../../../etc/passwd', join(folder, 'link'), join(folder, 'weights')]) {
    const onnx = external(path);
    assert.ok(
      scanOnnx(onnx, CONTRACT).some((f) => f.code === 'external-data'),
      path,
    );
    assert.is(await loads(onnx), false, `ONNX Runtime would not load it either: ${path}`);
    assert.equal(await judged(test, onnx), ['fail', 'external-data'], path);
  }
});

attacks('attack 30: weights that lie in memory', async ({ test }) => {
  const onnx = external('*/_ORT_MEM_ADDR_/*');
  assert.is(await loads(onnx), false);
  assert.equal(await judged(test, onnx), ['fail', 'external-data']);
});

attacks('attack 30: a model that crashes its process', async ({ test }) => {
  const crashing = scoreInProcess(new URL('../support/hostile-child.js', import.meta.url));
  for (const mode of ['abort', 'segfault']) {
    const score: typeof crashing = (task) => {
      writeFileSync(join(task.folder, 'mode'), mode);
      return crashing(task);
    };
    assert.equal(await judged(test, skilled(9).bytes, { score }), ['error', 'score-crashed'], mode);
  }
});

attacks('attack 31: tensors larger than the world', async ({ test }) => {
  const big = withInitializer(tensor('big', [2_000_000, 2_000_000], FLOAT, floats(1)));
  const first = await workOf(async () => assert.equal(await judged(test, big), ['fail', 'tensor-size']));
  const madeUp = withNodes(node('ConstantOfShape', ['n'], ['m']));
  assert.ok(madeUp.length > 0);
  const constant = tiny({
    nodes: [node('ConstantOfShape', ['n'], ['m']), node('MatMul', ['x', 'w'], ['s']), node('Softmax', ['s'], ['p'])],
    initializers: [tensor('n', [1], INT64, int64s(2 ** 40)), tensor('w', [WORDS.length, 2], FLOAT, Buffer.alloc(160))],
  });
  const second = await workOf(async () => assert.equal(await judged(test, constant), ['fail', 'made-up-tensor']));
  assert.ok(first + second < 10_000, 'refused at once, not after trying');
});

attacks('attack 31: a model that eats the memory while it runs', async ({ test }) => {
  assert.equal(await judged(test, hungry(), inProcess), ['error', 'score-memory']);
});

attacks('attack 32: a graph without an end', async ({ test }) => {
  assert.equal(await judged(test, loop(), inProcess), ['fail', 'subgraph', 'operator']);
});

attacks('attack 32: a graph of allowed operators that takes for ever', async ({ test }) => {
  // Were it not killed, this would not end at all, and the runner would name this test.
  assert.equal(await judged(test, slow(500), { score: hurried }), ['error', 'score-timeout']);
});

attacks('attack 33: operators of someone’s own', async ({ test }) => {
  const evil = node('Evil', ['x'], ['e'], { domain: 'evil.ai' });
  const parts = { nodes: [evil, node('MatMul', ['x', 'w'], ['s']), node('Softmax', ['s'], ['p'])] };
  assert.is(await loads(tiny(parts, { domains: { 'evil.ai': 1 } })), false);
  assert.equal(await judged(test, tiny(parts, { domains: { 'evil.ai': 1 } })), ['fail', 'operator-domain']);
  assert.equal(await judged(test, tiny(parts)), ['fail', 'operator-domain']);
  assert.equal(await judged(test, tiny({}, { domains: { 'com.microsoft': 1 } })), ['fail', 'operator-domain']);
  assert.equal(await judged(test, tiny({}, { extra: bytes(25, bytes(1, 'f')) })), ['fail', 'function']);
});

attacks('attack 34: inputs and outputs that are not those of the contract', async ({ test }) => {
  const [x, p] = [value('x', FLOAT, ['batch', WORDS.length]), value('p', FLOAT, ['batch', 2])];
  const into = (name: string) => [node('MatMul', ['x', 'w'], ['s']), node('Softmax', ['s'], [name])];
  for (const [name, onnx] of Object.entries({
    'another output name': tiny({ nodes: into('q'), outputs: [value('q', FLOAT, ['batch', 2])] }),
    'another input name': tiny({
      nodes: [node('MatMul', ['y', 'w'], ['s']), node('Softmax', ['s'], ['p'])],
      inputs: [value('y', FLOAT, ['batch', WORDS.length])],
    }),
    'another type': tiny({ outputs: [value('p', 11, ['batch', 2])] }),
    'another rank': tiny({ outputs: [value('p', FLOAT, [2])] }),
    'another number of labels': tiny({ outputs: [value('p', FLOAT, ['batch', 3])] }),
    'a second output': tiny({ outputs: [p, value('s', FLOAT, ['batch', 2])] }),
    'a second input': tiny({ inputs: [x, value('row', INT64, ['batch'])] }),
    'no input': tiny({ inputs: [] }),
  }))
    assert.equal(await judged(test, onnx), ['fail', 'signature'], name);
});

attacks('attack 34: a contract that promises something else', async ({ test }) => {
  const contract = { ...CONTRACT, output: { ...CONTRACT.output, shape: ['batch', 3] } };
  const outputs = [value('p', FLOAT, ['batch', 3])];
  const onnx = tiny({
    outputs,
    initializers: [tensor('w', [WORDS.length, 3], FLOAT, Buffer.alloc(WORDS.length * 12))],
  });
  const head = await test.propose(candidateOf(9, { onnx, over: { contract } }), { version: 1 });
  const { judgement } = await test.gate(head, { score: scoreTiny });
  assert.equal(inShort(judgement), ['fail', 'model-refused'], 'three columns for two labels');
});

attacks('attack 35: files that are no models', async ({ test }) => {
  const whole = skilled(9).bytes;
  for (const [name, onnx, code] of [
    ['empty', Buffer.alloc(0), 'ir-version'],
    ['garbage', Buffer.from('garbage '.repeat(100)), 'unparseable'],
    ['cut off', whole.subarray(0, whole.length - 20), 'unparseable'],
    ['a zip behind a model', Buffer.concat([whole, Buffer.from('PK\x05\x06'), Buffer.alloc(18)]), 'unparseable'],
    ['a script before a model', Buffer.concat([Buffer.from('#!/bin/sh\n'), whole]), 'unparseable'],
    ['a model in a model', Buffer.concat([whole, whole]), 'repeated-field'],
    ['HTML', Buffer.from('<!DOCTYPE html><script>alert(1)</script>'), 'unparseable'],
  ] as const)
    assert.ok((await judged(test, onnx)).includes(code), name);
});

attacks('attack 37: pickles, archives and other formats under the name of a model', async ({ test }) => {
  const pickle = Buffer.from(
    '\x80\x04\x95\x1e\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94.',
    'latin1',
  );
  const header = Buffer.from('{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  for (const [name, onnx] of Object.entries({
    pickle,
    'a PyTorch archive': Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(30), pickle]),
    safetensors: Buffer.concat([length, header, Buffer.alloc(4)]),
    HDF5: Buffer.concat([Buffer.from('\x89HDF\r\n\x1a\n', 'latin1'), Buffer.alloc(100)]),
    'an executable': Buffer.concat([Buffer.from('\x7fELF\x02\x01\x01', 'latin1'), Buffer.alloc(100)]),
    JSON: Buffer.from('{"weights":[1,2,3]}'),
  }))
    assert.is((await judged(test, onnx))[0], 'fail', name);
});

attacks('attack 37: only graphs without randomness come twice to the same verdict', async ({ test }) => {
  for (const operator of ['RandomNormalLike', 'Multinomial', 'Bernoulli', 'Dropout'])
    assert.equal(await judged(test, withNodes(node(operator, ['x'], ['r']))), ['fail', 'operator'], operator);
  assert.equal(
    await judged(test, withNodes(node('RandomUniform', [], ['r'], { attributes: [attribute.ints('shape', [1])] }))),
    ['fail', 'operator'],
  );
});

attacks.run();
