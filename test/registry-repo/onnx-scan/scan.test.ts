// Before the library: it must not send usage data.
import '../../../registry-repo/runtime/no-telemetry.ts';

import fc from 'fast-check';
import { InferenceSession } from 'onnxruntime-node';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { scanOnnx } from '../../../registry-repo/onnx-scan/scan.ts';
import { CONTRACT, skilled } from '../../support/models.ts';
import {
  attribute,
  bytes,
  FLOAT,
  floats,
  type GraphParts,
  graph,
  INT64,
  int,
  int64s,
  model,
  node,
  tensor,
  value,
  varint,
} from '../../support/onnx.ts';
import { workOf } from '../../support/work.ts';

const contract = {
  inputs: [{ name: 'x', type: 'float32' as const, shape: ['batch', 2] }],
  output: { name: 'p', type: 'float32' as const, shape: ['batch', 2] },
};
const weights = tensor('w', [2, 2], FLOAT, floats(1, 2, 3, 4));
const parts = (over: Partial<GraphParts> = {}): GraphParts => ({
  nodes: [node('MatMul', ['x', 'w'], ['s']), node('Softmax', ['s'], ['p'])],
  initializers: [weights],
  inputs: [value('x', FLOAT, ['batch', 2])],
  outputs: [value('p', FLOAT, ['batch', 2])],
  ...over,
});
const codes = (file: Uint8Array): string[] => [...new Set(scanOnnx(file, contract).map((f) => f.code))].sort();
/** A graph with one more node, whose result nothing needs. */
const withNode = (extra: Uint8Array, over: Partial<GraphParts> = {}, options = {}) =>
  model(parts({ ...over, nodes: [...parts().nodes, extra] }), options);
const withTensor = (extra: Uint8Array) => model(parts({ initializers: [weights, extra] }));

const scanning = suite('looking through a model file');

scanning('finds nothing in models that ONNX Runtime loads', async () => {
  const good: Record<string, Uint8Array> = {
    linear: model(parts()),
    'a constant in a node': withNode(
      node('Constant', [], ['c'], { attributes: [attribute.tensor('value', tensor('', [2], FLOAT, floats(1, 2)))] }),
    ),
    'numbers as attributes': withNode(
      node('Transpose', ['s'], ['t'], { attributes: [attribute.ints('perm', [1, 0])] }),
    ),
    'data in its typed field': model(
      parts({ initializers: [tensor('w', [2, 2], FLOAT, null, bytes(4, floats(1, 2, 3, 4)))] }),
    ),
    'whole numbers in their typed field': withTensor(
      tensor('i', [3], INT64, null, bytes(7, varint(1), varint(-2), varint(300))),
    ),
    'a named domain': model(parts(), { domains: { 'ai.onnx.ml': 3 } }),
    'an empty tensor': withTensor(tensor('none', [0], FLOAT, Buffer.alloc(0))),
    'an initializer that is also an input': model(
      parts({ inputs: [value('x', FLOAT, ['batch', 2]), value('w', FLOAT, [2, 2])] }),
    ),
  };
  for (const [name, file] of Object.entries(good)) {
    assert.equal(codes(file), [], name);
    await (await InferenceSession.create(file)).release();
  }
  assert.equal(scanOnnx(skilled(9).bytes, CONTRACT), []);
});

const external = bytes(13, bytes(1, 'location'), bytes(2, '/etc/passwd'));
const crafted: readonly [name: string, file: Uint8Array, codes: readonly string[]][] = [
  ['an empty file', Buffer.alloc(0), ['ir-version', 'no-graph']],
  ['text', Buffer.from('not a model at all'), ['unknown-field', 'unparseable']],
  ['zeros', Buffer.alloc(1000), ['unparseable']],
  [
    'a pickle',
    Buffer.from('\x80\x04\x95\x1e\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93.', 'latin1'),
    ['unknown-field', 'unparseable'],
  ],
  ['a model cut off', model(parts()).subarray(0, 100), ['unparseable']],
  [
    'something behind the model',
    Buffer.concat([model(parts()), Buffer.from('PK\x03\x04')]),
    ['unknown-field', 'unparseable'],
  ],
  ['two graphs', Buffer.concat([model(parts()), bytes(7, graph(parts()))]), ['repeated-field']],
  ['an unknown field', model(parts(), { extra: bytes(99, 'x') }), ['unknown-field']],
  [
    'data in another file',
    withTensor(tensor('e', [2], FLOAT, null, Buffer.concat([external, int(14, 1)]))),
    ['external-data'],
  ],
  ['a location without the mark', withTensor(tensor('e', [2], FLOAT, floats(1, 2), external)), ['external-data']],
  ['the mark without a location', withTensor(tensor('e', [2], FLOAT, floats(1, 2), int(14, 1))), ['external-data']],
  [
    'external data in a constant',
    withNode(
      node('Constant', [], ['c'], { attributes: [attribute.tensor('value', tensor('', [2], FLOAT, null, external))] }),
    ),
    ['external-data', 'tensor-size'],
  ],
  ['a tensor of trillions', withTensor(tensor('big', [1_000_000, 4_000_000], FLOAT, floats(1))), ['tensor-size']],
  ['dimensions that overflow', withTensor(tensor('big', [2 ** 40, 2 ** 40], FLOAT, floats(1))), ['tensor-shape']],
  ['a negative dimension', withTensor(tensor('neg', [-1, 4], FLOAT, floats(1, 2, 3, 4))), ['tensor-shape']],
  ['nine dimensions', withTensor(tensor('d', Array(9).fill(1), FLOAT, floats(1))), ['tensor-shape']],
  ['too little data', withTensor(tensor('t', [3], FLOAT, floats(1, 2))), ['tensor-size']],
  ['too much data', withTensor(tensor('t', [1], FLOAT, floats(1, 2))), ['tensor-size']],
  ['data twice', withTensor(tensor('t', [2], FLOAT, floats(1, 2), bytes(4, floats(1, 2)))), ['tensor-data']],
  ['data of another type', withTensor(tensor('t', [2], FLOAT, null, bytes(7, varint(1), varint(2)))), ['tensor-data']],
  ['strings', withTensor(tensor('t', [1], 8, null, bytes(6, 'text'))), ['string-tensor', 'tensor-type']],
  ['complex numbers', withTensor(tensor('t', [1], 14, Buffer.alloc(8))), ['tensor-type']],
  ['a segment', withTensor(tensor('t', [1], FLOAT, floats(1), bytes(3, int(1, 0)))), ['tensor-segment']],
  ['two tensors of one name', withTensor(weights), ['tensor-name']],
  ['a sparse initializer', model(parts({ extra: bytes(15, bytes(1, weights)) })), ['sparse-tensor']],
  [
    'a loop',
    withNode(node('Loop', ['n'], ['y'], { attributes: [attribute.graph('body', graph(parts()))] })),
    ['operator', 'subgraph'],
  ],
  [
    'a graph in a harmless node',
    withNode(node('Add', ['s', 's'], ['y'], { attributes: [attribute.graph('g', graph(parts()))] })),
    ['subgraph'],
  ],
  [
    'randomness',
    withNode(node('RandomNormal', [], ['y'], { attributes: [attribute.ints('shape', [2])] })),
    ['operator'],
  ],
  ['an operator of nobody', withNode(node('Evil', ['s'], ['y'])), ['operator']],
  [
    'another domain',
    withNode(node('Evil', ['s'], ['y'], { domain: 'evil.ai' }), {}, { domains: { 'evil.ai': 1 } }),
    ['operator-domain'],
  ],
  ['a domain that is only named', model(parts(), { domains: { 'com.microsoft': 1 } }), ['operator-domain']],
  [
    'an operator under the wrong domain',
    withNode(node('MatMul', ['x', 'w'], ['y'], { domain: 'ai.onnx.ml' }), {}, { domains: { 'ai.onnx.ml': 3 } }),
    ['operator'],
  ],
  ['a domain without a version', withNode(node('Scaler', ['s'], ['y'], { domain: 'ai.onnx.ml' })), ['opset-version']],
  ['operators of the future', model(parts(), { opset: 99 }), ['opset-version']],
  ['one operator set twice', model(parts(), { domains: { 'ai.onnx': 17 } }), ['repeated-field']],
  ['a format of the future', model(parts(), { ir: 99 }), ['ir-version']],
  ['a function of its own', model(parts(), { extra: bytes(25, bytes(1, 'f')) }), ['function']],
  ['training information', model(parts(), { extra: bytes(20, bytes(1, graph(parts()))) }), ['training-info']],
  [
    'a huge made-up tensor',
    withNode(node('ConstantOfShape', ['n'], ['y']), {
      initializers: [weights, tensor('n', [1], INT64, int64s(2 ** 40))],
    }),
    ['made-up-tensor'],
  ],
  [
    'a huge made-up tensor by a constant',
    model(
      parts({
        nodes: [
          node('Constant', [], ['n'], {
            attributes: [attribute.tensor('value', tensor('', [2], INT64, int64s(100_000, 100_000)))],
          }),
          node('Expand', ['x', 'n'], ['y']),
          ...parts().nodes,
        ],
      }),
    ),
    ['made-up-tensor'],
  ],
  [
    'a further input',
    model(parts({ inputs: [value('x', FLOAT, ['batch', 2]), value('label', INT64, ['batch'])] })),
    ['signature'],
  ],
  [
    'a further output',
    model(parts({ outputs: [value('p', FLOAT, ['batch', 2]), value('s', FLOAT, ['batch', 2])] })),
    ['signature'],
  ],
  [
    'another name of the output',
    model(parts({ nodes: [node('MatMul', ['x', 'w'], ['q'])], outputs: [value('q', FLOAT, ['batch', 2])] })),
    ['signature'],
  ],
  ['another type of the input', model(parts({ inputs: [value('x', INT64, ['batch', 2])] })), ['signature']],
  ['another rank', model(parts({ outputs: [value('p', FLOAT, [2])] })), ['signature']],
  ['another number of labels', model(parts({ outputs: [value('p', FLOAT, ['batch', 3])] })), ['signature']],
  [
    'an open size where the contract has one',
    model(parts({ outputs: [value('p', FLOAT, ['batch', 'labels'])] })),
    ['signature'],
  ],
  ['no output', model(parts({ outputs: [] })), ['signature']],
  [
    'an output of no shape',
    model(parts({ outputs: [Buffer.concat([bytes(1, 'p'), bytes(2, bytes(1, int(1, FLOAT)))])] })),
    ['signature'],
  ],
  ['an output of no type', model(parts({ outputs: [bytes(1, 'p')] })), ['signature']],
  [
    'a sequence as input',
    model(parts({ inputs: [Buffer.concat([bytes(1, 'x'), bytes(2, bytes(4, int(1, 1)))])] })),
    ['signature', 'value-type'],
  ],
];
for (const [name, file, expected] of crafted) scanning(`finds ${name}`, () => assert.equal(codes(file), expected));

scanning('ends soon whatever it is given', async () => {
  const deep = (levels: number): Buffer =>
    levels === 0 ? bytes(1, 'x') : bytes(5, attribute.graph('g', bytes(1, deep(levels - 1))));
  const bombs = {
    'a graph in a graph in a graph': model(parts({ nodes: [deep(5000)] })),
    'a million empty nodes': model(parts({ nodes: [], extra: Buffer.alloc(2_000_000, bytes(1, '')) })),
    'a million empty fields': Buffer.alloc(4_000_000, bytes(99, '')),
    'a length of 2⁶³': Buffer.concat([varint(7 * 8 + 2), varint(2n ** 63n), Buffer.alloc(10)]),
    'a number that never ends': Buffer.alloc(1000, 0xff),
    'millions of dimensions': withTensor(tensor('t', [], FLOAT, null, bytes(1, Buffer.alloc(3_000_000, 1)))),
  };
  const work = await workOf(() => {
    for (const [name, file] of Object.entries(bombs)) assert.ok(scanOnnx(file, contract).length > 0, name);
  });
  assert.ok(work < 5000, 'far from hanging');
});

const fuzz = suite('looking through rubbish');
const good = model(parts({ initializers: [weights, tensor('i', [3], INT64, int64s(1, 2, 3))] }));

fuzz('a model cut off at any byte is refused', () => {
  for (let length = 0; length < good.length; length++)
    assert.ok(scanOnnx(good.subarray(0, length), contract).length > 0, String(length));
});

fuzz('changed bytes never get an exception out of it', () => {
  const change = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(change, (changes) => {
      const file = Buffer.from(good);
      for (const [at, byte] of changes) file[at] = byte;
      assert.ok(Array.isArray(scanOnnx(file, contract)));
    }),
    { numRuns: 2000 },
  );
});

fuzz('neither do bytes of any kind', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (file) => assert.ok(scanOnnx(file, contract).length > 0)),
    { numRuns: 2000 },
  );
});

scanning.run();
fuzz.run();
