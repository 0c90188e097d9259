import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { contractOf, embeddingBag } from '../../../pipeline/onnx/embedding-bag.ts';
import { encodeModel } from '../../../pipeline/onnx/graph.ts';
import { printFile } from '../../../registry-repo/file.ts';
import type { Manifest } from '../../../registry-repo/manifest.ts';
import { scanOnnx } from '../../../registry-repo/onnx-scan/scan.ts';
import { printRows } from '../../../registry-repo/rows.ts';
import { loadRuntime } from '../../../registry-repo/runtime/load.ts';
import { PRETENDED } from '../../../registry-repo/runtime/processor.ts';
import { runtimeVersion } from '../../../registry-repo/runtime/session.ts';
import { scoreInProcess } from '../../../registry-repo/scoring/score.process.ts';
import type { ScoreOutcome } from '../../../registry-repo/scoring/score.ts';
import { inShort } from '../../support/crafted.ts';
import { confusionOfSkill, rowsFor } from '../../support/models.ts';
import { temporaryFolder } from '../../support/paths.ts';
import { type Candidate, candidateOf, TestRegistry } from '../../support/registry.ts';
import { sourceOf, type Trained, trained } from '../../support/trained.ts';

// The scorer as it is installed: its own child process, its own runtime, a model as it is trained.

const score = scoreInProcess();
const limits = { seconds: 200, megabytes: 1000 };

/** A candidate whose golden answers are its own. */
async function candidateFrom(model: Trained, golden?: Manifest['golden']): Promise<Candidate> {
  const { preprocessor, contract } = model.manifest;
  const own = golden ?? (await goldenOf(model, ['a good1 film', 'a bad1 film', '']));
  return candidateOf(10, { onnx: model.bytes, over: { preprocessor, contract, golden: own } });
}

async function goldenOf(model: Trained, texts: readonly string[]): Promise<Manifest['golden']> {
  const runtime = await loadRuntime(model);
  const found = await runtime.classify(texts);
  await runtime.release();
  return texts.map((text, i) => ({ text, probabilities: [...found.subarray(2 * i, 2 * i + 2)] }));
}

async function scored(sides: Readonly<Record<string, Candidate>>, latency = false): Promise<ScoreOutcome> {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'rows'), printRows(rowsFor()));
  for (const [side, { manifest, files }] of Object.entries(sides)) {
    mkdirSync(join(folder, side));
    writeFileSync(join(folder, side, 'manifest.json'), printFile(manifest));
    for (const [name, bytes] of files) writeFileSync(join(folder, side, name), bytes);
  }
  return score({ folder, ...limits, latency });
}

const EVEN = [{ text: '', probabilities: [0.5, 0.5] }];
const preprocessor: Manifest['preprocessor'] = {
  kind: 'hashed-ngrams',
  tokens: 'words-1',
  bits: 10,
  zones: [{ from: 0, to: 1, order: 2 }],
};
const sourceFrom = (bytes: Uint8Array) =>
  sourceOf(bytes, { labels: ['neg', 'pos'], preprocessor, contract: contractOf(2) });

/** 0/0 for every text; nothing that the scan could see. */
const notANumber = () =>
  sourceFrom(
    encodeModel({
      name: 'nan',
      opset: 17,
      inputs: contractOf(2).inputs,
      outputs: [contractOf(2).output],
      initializers: [
        { name: 'one', type: 'int64', dims: [1], data: BigInt64Array.of(1n) },
        { name: 'zeros', type: 'float32', dims: [1, 2], data: Float32Array.of(0, 0) },
      ],
      nodes: [
        { op: 'Cast', inputs: ['ids'], outputs: ['floats'], attributes: { to: 1 } },
        { op: 'ReduceSum', inputs: ['floats', 'one'], outputs: ['sums'], attributes: { keepdims: 1 } },
        { op: 'Mul', inputs: ['sums', 'zeros'], outputs: ['nothing'] },
        { op: 'Div', inputs: ['nothing', 'zeros'], outputs: ['probabilities'] },
      ],
    }),
  );

/** An embedding bag of fewer ids than its preprocessor gives. */
function tooSmall(ids: number): Trained {
  const one = Float32Array.of(1);
  const [weights, ratios] = [new Int8Array(ids).fill(1), new Uint8Array(ids).fill(1)];
  const scales = { weightScale: one, ratioScale: one, slope: one, offset: one };
  return sourceFrom(embeddingBag({ ids, outputs: 1, weights, ratios, ...scales }, 2));
}

/** Answers evenly, by way of a product with signed bytes that it makes while it runs. */
const needsVnni = () =>
  sourceFrom(
    encodeModel({
      name: 'needy',
      opset: 17,
      inputs: contractOf(2).inputs,
      outputs: [contractOf(2).output],
      initializers: [
        { name: 'columns', type: 'int64', dims: [1], data: BigInt64Array.of(1n) },
        { name: 'rows', type: 'int64', dims: [1], data: BigInt64Array.of(0n) },
        { name: 'zeros', type: 'float32', dims: [1, 2], data: Float32Array.of(0, 0) },
        { name: 'unit', type: 'float32', dims: [], data: Float32Array.of(1) },
        { name: 'none', type: 'int8', dims: [], data: Int8Array.of(0) },
      ],
      nodes: [
        { op: 'Cast', inputs: ['ids'], outputs: ['floats'], attributes: { to: 1 } },
        { op: 'ReduceSum', inputs: ['floats', 'columns'], outputs: ['sums'], attributes: { keepdims: 1 } },
        { op: 'DynamicQuantizeLinear', inputs: ['sums'], outputs: ['left', 'scale', 'zero'] },
        { op: 'Mul', inputs: ['sums', 'zeros'], outputs: ['nothing'] },
        { op: 'ReduceSum', inputs: ['nothing', 'rows'], outputs: ['row'], attributes: { keepdims: 1 } },
        { op: 'QuantizeLinear', inputs: ['row', 'unit', 'none'], outputs: ['right'] },
        { op: 'MatMulInteger', inputs: ['left', 'right'], outputs: ['whole'] },
        { op: 'Cast', inputs: ['whole'], outputs: ['logits'], attributes: { to: 1 } },
        { op: 'Softmax', inputs: ['logits'], outputs: ['probabilities'] },
      ],
    }),
  );

const child = suite<{ model: Trained; good: Candidate }>('the real scorer');
child.before(async (context) => {
  context.model = await trained();
  context.good = await candidateFrom(context.model);
});

child('scores a model that was trained, beside a baseline', async ({ good }) => {
  const outcome = await scored({ candidate: good, baseline: good });
  assert.is(outcome.kind, 'scored', JSON.stringify(outcome));
  if (outcome.kind !== 'scored') return;
  const { goldenDifference, slices, ...counts } = outcome.measured;
  assert.equal(counts, {
    candidate: confusionOfSkill(10),
    baseline: confusionOfSkill(10),
    onlyCandidateRight: 0,
    onlyBaselineRight: 0,
  });
  assert.ok(goldenDifference < 1e-6);
  assert.equal(
    slices?.map((s) => s.rows),
    [40, 40, 0],
  );
  assert.equal(outcome.versions, { onnxruntime: runtimeVersion(), node: process.versions.node });
});

child('times both models, if it is asked and there are two', async ({ good }) => {
  const both = await scored({ candidate: good, baseline: good }, true);
  const {
    candidate = 0,
    baseline = 0,
    texts,
    repetitions = 0,
  } = (both.kind === 'scored' && both.measured.latency) || {};
  assert.ok(candidate > 0 && baseline > 0 && texts === 32 && repetitions >= 5, JSON.stringify(both));
  const alone = await scored({ candidate: good }, true);
  assert.is(alone.kind === 'scored' && alone.measured.latency, undefined);
});

child('refuses a graph that gives NaN, and says so', async ({ good }) => {
  const candidate = await candidateFrom(notANumber(), EVEN);
  assert.equal(scanOnnx(notANumber().bytes, contractOf(2)), [], 'the scan cannot see it');
  const outcome = await scored({ candidate, baseline: good });
  assert.equal(outcome.kind === 'refused' && [outcome.which, ...outcome.findings.map((f) => f.code)], [
    'candidate',
    'model-refused',
  ]);
  assert.match((outcome.kind === 'refused' && outcome.findings[0]?.message) || '', 'the model gave NaN');
});

child('refuses a table that is too small for the ids, without a crash', async () => {
  for (const ids of [1, 50, 1023]) {
    const candidate = await candidateFrom(tooSmall(ids), EVEN);
    const outcome = await scored({ candidate });
    assert.is(outcome.kind, 'refused', JSON.stringify(outcome));
    if (outcome.kind === 'refused') assert.match(outcome.findings[0]?.message ?? '', 'out of data bounds');
  }
});

child('refuses a preprocessor of more ids than the table has', async ({ model }) => {
  const { preprocessor: own, contract } = model.manifest;
  if (own.kind !== 'hashed-ngrams') throw new Error('another preprocessor');
  const wider = { ...own, bits: own.bits + 4 };
  const candidate = candidateOf(10, { onnx: model.bytes, over: { preprocessor: wider, contract, golden: EVEN } });
  const outcome = await scored({ candidate });
  assert.equal(outcome.kind === 'refused' && outcome.findings.map((f) => f.code), ['model-refused']);
});

child('refuses a model whose inputs its preprocessor cannot fill', async () => {
  const outcome = await scored({ candidate: candidateOf(9) }); // twenty numbers of twenty words
  assert.is(outcome.kind, 'refused', JSON.stringify(outcome));
});

child('on a processor without VNNI, what needs it is no failure of the model: the gate could not judge', async () => {
  const candidate = await candidateFrom(needsVnni(), EVEN);
  const pretend = async (processor: string) => {
    process.env[PRETENDED] = processor;
    try {
      return await scored({ candidate });
    } finally {
      delete process.env[PRETENDED];
    }
  };
  const refused = await pretend('avx2');
  assert.equal(
    refused.kind === 'refused' && refused.findings.map(({ kind, code }) => [kind, code]),
    [['error', 'processor-lacks-vnni']],
    JSON.stringify(refused),
  );
  assert.match((refused.kind === 'refused' && refused.findings[0]?.message) || '', '`pawl quantize`');
  assert.is((await pretend('vnni')).kind, 'scored');
});

child('lets the gate pass a trained model and fail the others', async ({ good }) => {
  const test = await TestRegistry.create();
  const judged = async (candidate: Candidate) =>
    inShort((await test.gate(await test.propose(candidate, { version: 1 }), { score })).judgement);
  assert.equal(await judged(good), ['pass']);
  assert.equal(await judged(await candidateFrom(notANumber(), EVEN)), ['fail', 'model-refused']);
  assert.equal(await judged(await candidateFrom(tooSmall(50), EVEN)), ['fail', 'model-refused']);
  const boasting = await candidateFrom(await trained(), [{ text: 'a bad1 film', probabilities: [0, 1] }]);
  assert.equal((await judged(boasting))[0], 'fail', 'golden answers that are not its own');
});

child.run();
