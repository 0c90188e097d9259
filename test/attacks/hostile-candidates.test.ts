import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { printFile } from '../../registry-repo/file.ts';
import type { Manifest } from '../../registry-repo/manifest.ts';
import type { Score } from '../../registry-repo/scoring/score.ts';
import type { ObjectId } from '../../registry-repo/values.ts';
import {
  asksForTheLabel,
  contractWithLabel,
  external,
  forgetful,
  hungry,
  infinite,
  inShort,
  loop,
  notANumber,
  slow,
  tiny,
  withInitializer,
  withNodes,
} from '../support/crafted.ts';
import { CONTRACT, skilled, WORDS } from '../support/models.ts';
import { attribute, bytes, FLOAT, floats, INT64, int, int64s, node, tensor, value, varint } from '../support/onnx.ts';
import {
  type Candidate,
  candidateOf,
  type Files,
  MODEL,
  scoreTiny,
  TestRegistry,
  withFile,
} from '../support/registry.ts';

// One gate, one hostile candidate after another, each scored in a process where it comes that far.

const FOLDER = `models/${MODEL}/versions/2`;
const digest = `sha256:${'0'.repeat(64)}`;
type Make = (test: TestRegistry) => Promise<ObjectId>;

const propose =
  (candidate: Candidate, extra: Files = {}, over = {}): Make =>
  (test) =>
    test.propose(candidate, { version: 2, extra, over });
const model = (onnx: Uint8Array, over: Partial<Manifest> = {}): Make => propose(candidateOf(10, { onnx, over }));
const manifest = (over: Partial<Manifest>): Make => propose(candidateOf(10, { over }));
const text = (path: string, content: string): Make => propose(candidateOf(10), { [path]: content });
/** One more entry, whatever it is, at the root of a good candidate's tree. */
const entry =
  (mode: string, type: string, name: string): Make =>
  async (test) => {
    const head = await test.propose(candidateOf(10), { version: 2 });
    const root = (await test.git.folder(head, '')).map((e) => `${e.mode} ${e.type} ${e.oid}\t${e.path}`);
    return test.commitTree(await test.mktree([...root, `${mode} ${type} ${'1'.repeat(40)}\t${name}`]), [
      await test.main(),
    ]);
  };
const manifestText = printFile(candidateOf(10).manifest);

const hostile: readonly [name: string, make: Make, code: string][] = [
  // model files
  ['no bytes', model(Buffer.alloc(0)), 'no-graph'],
  ['one byte', model(Buffer.from([0x3a])), 'unparseable'],
  ['a shell script', model(Buffer.from('#!/bin/sh\nrm -rf /\n')), 'unparseable'],
  ['half a model', model(skilled(10).bytes.subarray(0, 200)), 'unparseable'],
  ['a length past the end', model(Buffer.concat([varint(58), varint(2 ** 31)])), 'unparseable'],
  ['weights from /etc/passwd', model(external('/etc/passwd')), 'external-data'],
  ['weights from /proc/self/environ', model(external('/proc/self/environ')), 'external-data'],
  ['weights from memory', model(external('*/_ORT_MEM_ADDR_/*')), 'external-data'],
  [
    'a tensor of 4·10¹² elements',
    model(withInitializer(tensor('t', [2_000_000, 2_000_000], FLOAT, floats(1)))),
    'tensor-size',
  ],
  ['a tensor of negative size', model(withInitializer(tensor('t', [-8], FLOAT, floats(1)))), 'tensor-shape'],
  [
    'a tensor of 2¹²⁴ elements',
    model(withInitializer(tensor('t', [2n ** 62n, 2n ** 62n], FLOAT, floats(1)))),
    'tensor-shape',
  ],
  ['a sparse tensor', model(tiny({ extra: bytes(15, bytes(1, tensor('t', [1], FLOAT, floats(1)))) })), 'sparse-tensor'],
  [
    'a tensor made of 2⁴⁰ zeros',
    model(
      tiny({
        nodes: [
          node('ConstantOfShape', ['n'], ['m']),
          node('MatMul', ['x', 'w'], ['s']),
          node('Softmax', ['s'], ['p']),
        ],
        initializers: [
          tensor('n', [1], INT64, int64s(2 ** 40)),
          tensor('w', [WORDS.length, 2], FLOAT, Buffer.alloc(160)),
        ],
      }),
    ),
    'made-up-tensor',
  ],
  ['a loop of 10¹² rounds', model(loop()), 'subgraph'],
  ['a function', model(tiny({}, { extra: bytes(25, bytes(1, 'f')) })), 'function'],
  ['training information', model(tiny({}, { extra: bytes(20, '') })), 'training-info'],
  ['an operator of its own', model(withNodes(node('Evil', ['x'], ['e'], { domain: 'evil.ai' }))), 'operator-domain'],
  [
    'a contributed operator',
    model(
      tiny(
        { nodes: [node('FusedMatMul', ['x', 'w'], ['s'], { domain: 'com.microsoft' }), node('Softmax', ['s'], ['p'])] },
        { domains: { 'com.microsoft': 1 } },
      ),
    ),
    'operator-domain',
  ],
  ['randomness', model(withNodes(node('RandomUniformLike', ['x'], ['r']))), 'operator'],
  ['an operator set of the future', model(tiny({}, { opset: 9999 })), 'opset-version'],
  ['an input for the label', model(asksForTheLabel()), 'signature'],
  ['an input for the label, declared', model(asksForTheLabel(), { contract: contractWithLabel }), 'model-refused'],
  [
    'an output of another name',
    model(tiny({ nodes: [node('MatMul', ['x', 'w'], ['q'])], outputs: [value('q', FLOAT, ['batch', 2])] })),
    'signature',
  ],
  ['a graph that does not fit together', model(withNodes(node('MatMul', ['w', 'w'], ['bad']))), 'model-refused'],
  [
    'a graph that uses what it does not have',
    model(tiny({ nodes: [node('MatMul', ['x', 'nowhere'], ['s']), node('Softmax', ['s'], ['p'])] })),
    'model-refused',
  ],
  [
    'a graph that goes in circles',
    model(
      tiny({
        nodes: [
          node('Add', ['x', 'b'], ['a']),
          node('Add', ['a', 'a'], ['b']),
          node('MatMul', ['b', 'w'], ['s']),
          node('Softmax', ['s'], ['p']),
        ],
      }),
    ),
    'model-refused',
  ],
  ['NaN', model(notANumber()), 'model-refused'],
  ['infinities', model(infinite()), 'model-refused'],
  ['too few answers', model(forgetful()), 'model-refused'],
  [
    'logits instead of probabilities',
    model(tiny({ nodes: [node('MatMul', ['x', 'w'], ['p'])] })),
    'golden-answers-differ',
  ],
  ['endless work', model(slow(500)), 'score-timeout'],
  ['endless hunger', model(hungry()), 'score-memory'],
  [
    'a model that answers otherwise than it promises',
    manifest({ golden: [{ text: 'good0', probabilities: [0.9, 0.1] }] }),
    'golden-answers-differ',
  ],
  [
    'a promise of three probabilities',
    manifest({ golden: [{ text: 'good0', probabilities: [0.3, 0.3, 0.4] }] }),
    'model-refused',
  ],
  ['strings for weights', model(withInitializer(tensor('t', [1], 8, null, bytes(6, 'x')))), 'string-tensor'],
  ['data twice', model(withInitializer(tensor('t', [1], FLOAT, floats(1), bytes(4, floats(2))))), 'tensor-data'],
  ['two graphs in one file', model(Buffer.concat([skilled(10).bytes, skilled(1).bytes])), 'repeated-field'],
  ['a million empty nodes', model(tiny({ extra: Buffer.alloc(90_000, bytes(1, '')) })), 'operator'],
  [
    'an attribute that is a graph',
    model(withNodes(node('Add', ['x', 'x'], ['a'], { attributes: [attribute.graph('g', Buffer.alloc(0))] }))),
    'subgraph',
  ],
  ['an unknown field', model(tiny({}, { extra: int(1000, 1) })), 'unknown-field'],
  // manifests
  ['a manifest of another model', manifest({ model: 'other' }), 'malformed-file'],
  [
    'a file list that leads out',
    manifest({ files: [{ path: '../../gate.json', digest, sizeBytes: 1 }] }),
    'malformed-file',
  ],
  ['a file list without a model', manifest({ files: [] }), 'malformed-file'],
  [
    'a file that is nowhere',
    manifest({ files: [...candidateOf(10).manifest.files, { path: 'x', digest, sizeBytes: 1 }] }),
    'artifact-missing',
  ],
  [
    'a file list of terabytes',
    manifest({ files: [...candidateOf(10).manifest.files, { path: 'x', digest, sizeBytes: 2 ** 50 }] }),
    'files-too-large',
  ],
  [
    'the manifest among its own files',
    propose(withFile(candidateOf(10), 'checkpoint', Buffer.from('x'))),
    'reserved-file',
  ],
  ['labels in another order', manifest({ labels: ['pos', 'neg'] }), 'labels-differ'],
  ['a contract without inputs', manifest({ contract: { ...CONTRACT, inputs: [] } }), 'malformed-file'],
  [
    'a repeated key',
    text(`${FOLDER}/manifest.json`, manifestText.replace('"seed": 1', '"seed": 1,\n    "seed": 2')),
    'malformed-file',
  ],
  [
    'a member named __proto__',
    text(`${FOLDER}/manifest.json`, manifestText.replace('"skill": 10', '"__proto__": 10')),
    'malformed-file',
  ],
  ['a hundred thousand brackets', text(`${FOLDER}/manifest.json`, `${'['.repeat(100_000)}\n`), 'malformed-file'],
  ['a manifest of a megabyte', text(`${FOLDER}/manifest.json`, `"${'x'.repeat(1_100_000)}"\n`), 'file-too-large'],
  ['a YAML manifest', text(`${FOLDER}/manifest.json`, 'schema: pawl.manifest/1\n'), 'malformed-file'],
  ['1e999', text(`${FOLDER}/manifest.json`, manifestText.replace('"seed": 1', '"seed": 1e999')), 'malformed-file'],
  // trees
  ['a symbolic link', entry('120000', 'blob', 'link'), 'symlink'],
  ['a submodule', entry('160000', 'commit', 'sub'), 'submodule'],
  ['a .gitmodules', text('.gitmodules', '[submodule "x"]\n'), 'git-file'],
  ['a .gitattributes', text(`${FOLDER}/.gitattributes`, '* text\n'), 'git-file'],
  ['a workflow', text('.github/workflows/x.yml', 'on: push\n'), 'workflow-changed'],
  ['a package.json', text('package.json', '{"scripts":{"preinstall":"touch pwned"}}\n'), 'other-path'],
  ['the policy', text('gate.json', '{}\n'), 'policy-changed'],
  ['the earlier version', text(`models/${MODEL}/versions/1/manifest.json`, manifestText), 'version-changed'],
  ['another model’s pointer', text('models/other/production.json', '{}\n'), 'second-model'],
  ['a name that runs backwards', text('models/\u202etnemitnes/production.json', '{}\n'), 'bad-name'],
  // pointers
  ['a pointer past the baseline', propose(candidateOf(10), {}, { previous: null }), 'wrong-previous'],
  ['a pointer to another manifest', propose(candidateOf(10), {}, { manifest: digest }), 'manifest-differs'],
  ['a pointer to another version', propose(candidateOf(10), {}, { version: 7 }), 'version-differs'],
  ['a pointer with a version of text', propose(candidateOf(10), {}, { version: '2' }), 'malformed-file'],
  [
    'row keys that are rubbish',
    propose(withFile(candidateOf(10), 'training-rows.bin', Buffer.alloc(31, 7))),
    'malformed-rows',
  ],
];

const hurried: Score = (task) => scoreTiny({ ...task, seconds: 2 });

const attacks = suite<{ test: TestRegistry }>(`${hostile.length} hostile candidates`);
attacks.before(async (context) => {
  context.test = await TestRegistry.create((policy) => {
    policy.limits.scoreMegabytes = 500;
    policy.limits.treeBytes = 300_000;
  });
  await context.test.promote(candidateOf(9), 1);
});

for (const [name, make, code] of hostile)
  attacks(`${name}: refused as ${code}`, async ({ test }) => {
    const score = code === 'score-timeout' ? hurried : scoreTiny;
    const { judgement, verdict } = await test.gate(await make(test), { score });
    const [result, ...codes] = inShort(judgement);
    assert.ok(result === 'fail' || result === 'error', result);
    assert.ok(codes.includes(code), `${codes.join(', ')}: ${judgement.reasons[0]?.message}`);
    assert.is(judgement.fault, null);
    assert.ok(verdict === null || judgement.result === 'fail');
  });

attacks('and after all of them a good one passes', async ({ test }) => {
  const { judgement } = await test.gate(await test.propose(candidateOf(10), { version: 2 }), { score: scoreTiny });
  assert.is(judgement.result, 'pass');
});

attacks.run();
