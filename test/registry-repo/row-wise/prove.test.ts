// Before the library: it must not send usage data.
import '../../../registry-repo/runtime/no-telemetry.ts';

import { InferenceSession, Tensor } from 'onnxruntime-node';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { headGraph } from '../../../pipeline/onnx/feature-graph.ts';
import { lstmGraph } from '../../../pipeline/onnx/lstm-graph.ts';
import { quantize } from '../../../pipeline/onnx/quantize.ts';
import { initialRnn } from '../../../pipeline/training/rnn/shape.ts';
import { proveRowWise } from '../../../registry-repo/row-wise/prove.ts';
import { golden, goldenBytes, type Tiny } from '../../support/golden.ts';
import { attribute, bytes, FLOAT, floats, INT64, int64s, model, node, tensor, value } from '../../support/onnx.ts';
import { reference } from '../../support/reference.ts';
import { QUICK, trainedGraph } from '../../support/trained-graph.ts';

const s = suite('row-wise graphs');

const proven = (graph: Uint8Array) => assert.equal(proveRowWise(graph), { rowWise: true });
function notProven(graph: Uint8Array, why: RegExp): void {
  const proof = proveRowWise(graph);
  assert.ok(!proof.rowWise, 'it was proven');
  assert.match(proof.why, why);
}

for (const name of ['tiny-bert', 'tiny-distilbert'] as const) {
  s(`${name} as PyTorch’s exporter wrote it is proven`, () => proven(goldenBytes(name, 'model.onnx')));

  s(`${name} with scales of whole batches is not proven, and does answer a text by its neighbours`, async () => {
    const graph = goldenBytes(name, 'model_quantized.onnx');
    notProven(graph, /DynamicQuantizeLinear/);
    assert.ok((await farthest(graph, name)) > 1e-3);
  });
}

/** How far answers to texts alone are from those in one batch. */
async function farthest(graph: Uint8Array, name: Tiny): Promise<number> {
  const session = await InferenceSession.create(graph, { logSeverityLevel: 4 });
  const { inputs } = golden(name);
  const columns = inputs.input_ids[0]?.length as number;
  const answer = async (rows: readonly number[]) => {
    const of = (input: string) =>
      rows.flatMap((row) => inputs[input as 'input_ids']?.[row] ?? new Array(columns).fill(0));
    const feeds = Object.fromEntries(
      session.inputNames.map((n) => [
        n,
        new Tensor('int64', BigInt64Array.from(of(n), BigInt), [rows.length, columns]),
      ]),
    );
    return (await session.run(feeds)).logits?.data as Float32Array;
  };
  const rows = inputs.input_ids.map((_, row) => row);
  const together = await answer(rows);
  const alone = await Promise.all(rows.map((row) => answer([row])));
  await session.release();
  const labels = together.length / rows.length;
  return Math.max(
    ...alone.flatMap((own, row) => [...own].map((x, k) => Math.abs(x - (together[row * labels + k] as number)))),
  );
}

for (const [name, config] of [
  ['nbsvm', {}],
  ['nbsvm-dv', QUICK.vectors],
  ['rnn', QUICK.rnn],
  ['encoder-head', { ...QUICK.encoder, states: [-1, 1], pooling: 'both' }],
  ['encoder-head', { ...QUICK.encoder, ngrams: true }],
  ['encoder-head', { ...QUICK.encoder, precision: 'int8' }],
  ['distilbert', { ...QUICK.encoder, backend: 'wasm', epochs: 1, maxLength: 16 }],
  ['distilbert', { ...QUICK.encoder, backend: 'wasm', epochs: 1, maxLength: 16, ngrams: true, validationShare: 0.5 }],
] as const)
  s(`what ${name} exports is proven: ${JSON.stringify(config).slice(0, 60)}`, async () =>
    proven(await trainedGraph(name, config, 5)),
  );

for (const directions of [1, 2] as const)
  for (const summary of ['max', 'mean', 'last'] as const)
    s(`recurrent layers are followed: ${directions} directions, ${summary}`, () => {
      const shape = { vocabulary: 9, embedding: 4, hidden: 3, layers: 2, directions, summary, labels: 3 };
      proven(lstmGraph(shape, initialRnn(shape, 1)));
    });

for (const name of ['tiny-bert', 'tiny-distilbert'] as const)
  for (const weights of ['unsigned', 'seven-bits', 'signed'] as const)
    s(`${name} as Pawl makes bytes of it, ${weights}, is proven, and answers a text alone as in a batch`, async () => {
      const { bytes } = quantize(goldenBytes(name, 'model.onnx'), { embeddings: true, weights });
      proven(bytes);
      assert.ok((await farthest(bytes, name)) < 1e-5);
    });

s('an encoder with a head of three labels is proven', () => {
  const { architecture, parameters } = reference('tiny-bert');
  const width = architecture.width * 2;
  const head = { kernel: new Float32Array(width * 3), beside: new Float32Array(0), bias: new Float32Array(3) };
  const choice = { states: [1], pooling: 'both' } as const;
  proven(headGraph({ architecture, parameters, choice, precision: 'float32' }, head));
});

// By hand: x [batch, 3] → p [batch, 3].
const constants = [
  tensor('w', [3, 3], FLOAT, floats(1, 2, 3, 4, 5, 6, 7, 8, 9)),
  tensor('row', [3], FLOAT, floats(1, 2, 3)),
  tensor('table', [64, 3], FLOAT, floats(...Array.from({ length: 192 }, (_, i) => i))),
  ...[-1, 0, 1, 2, 3].map((n) => tensor(`n${n}`, [], INT64, int64s(n))),
  ...[-1, 0, 1, 2, 3].map((n) => tensor(`v${n}`, [1], INT64, int64s(n))),
  tensor('swap', [2], INT64, int64s(1, 0)),
  tensor('back', [2], INT64, int64s(-1, 3)),
  tensor('flat', [2], INT64, int64s(1, -1)),
];
const graph = (nodes: readonly Uint8Array[], opset = 18) =>
  model(
    {
      nodes,
      initializers: constants,
      inputs: [value('x', FLOAT, ['batch', 3])],
      outputs: [value('p', FLOAT, ['batch', 3])],
    },
    { opset },
  );
const { int, ints } = attribute;

const crossing: Readonly<Record<string, readonly Uint8Array[]>> = {
  'the batch votes: one ReduceSum over axis 0': [
    node('ReduceSum', ['x', 'v0'], ['sum']),
    node('Add', ['x', 'sum'], ['p']),
  ],
  'a reduction over all axes': [node('ReduceMax', ['x'], ['m']), node('Sub', ['x', 'm'], ['p'])],
  'a softmax over texts': [node('Softmax', ['x'], ['p'], { attributes: [int('axis', 0)] })],
  'a running sum': [node('CumSum', ['x', 'n0'], ['p'])],
  'texts one place further': [
    node('Slice', ['x', 'v1', 'v3', 'v0'], ['tail']),
    node('Slice', ['x', 'v0', 'v1', 'v0'], ['first']),
    node('Concat', ['tail', 'first'], ['p'], { attributes: [int('axis', 0)] }),
  ],
  'the first text for all': [node('Gather', ['x', 'v0'], ['f']), node('Sub', ['x', 'f'], ['p'])],
  'texts of a product': [
    node('Transpose', ['x'], ['t']),
    node('MatMul', ['x', 't'], ['g']),
    node('MatMul', ['g', 'x'], ['p']),
  ],
  'numbers laid out across texts': [node('Transpose', ['x'], ['t']), node('Reshape', ['t', 'back'], ['p'])],
  'all texts as one row': [
    node('Reshape', ['x', 'flat'], ['f']),
    node('ReduceMean', ['f', 'v1'], ['m']),
    node('Add', ['x', 'm'], ['p']),
  ],
  'how many texts there are': [
    node('Shape', ['x'], ['s']),
    node('Gather', ['s', 'n0'], ['b']),
    node('Cast', ['b'], ['f'], { attributes: [int('to', 1)] }),
    node('Mul', ['x', 'f'], ['p']),
  ],
  'the place in the batch': [
    node('Shape', ['x'], ['s']),
    node('Gather', ['s', 'n0'], ['b']),
    node('Range', ['n0', 'b', 'n1'], ['places']),
    node('Gather', ['table', 'places'], ['own']),
    node('Add', ['x', 'own'], ['p']),
  ],
  'the next text': [
    node('Shape', ['x'], ['s']),
    node('Gather', ['s', 'n0'], ['b']),
    node('Range', ['n0', 'b', 'n1'], ['places']),
    node('Neg', ['places'], ['from behind']),
    node('Gather', ['x', 'from behind'], ['p']),
  ],
  'a table as long as one batch': [
    node('Slice', ['table', 'v0', 'v3', 'v0'], ['part']),
    node('Add', ['x', 'part'], ['p']),
  ],
  'one scale for a batch': [
    node('DynamicQuantizeLinear', ['x'], ['q', 'scale', 'zero']),
    node('DequantizeLinear', ['q', 'scale', 'zero'], ['p']),
  ],
  'the mean of a batch': [
    node('BatchNormalization', ['x', 'row', 'row', 'row', 'row'], ['p', 'mean', 'variance'], {
      attributes: [int('training_mode', 1)],
    }),
  ],
  'rows looked up by other rows': [
    node('Cast', ['x'], ['ids'], { attributes: [int('to', 7)] }),
    node('ArgMax', ['x'], ['best'], { attributes: [int('axis', 1), int('keepdims', 0)] }),
    node('Gather', ['x', 'best'], ['p']),
  ],
  'a squeeze that takes the axis of a lone text': [
    node('Squeeze', ['x'], ['thin']),
    node('Softmax', ['thin'], ['p'], { attributes: [int('axis', 0)] }),
  ],
  'the largest texts': [node('TopK', ['x', 'v3'], ['p', 'which'], { attributes: [int('axis', 0)] })],
};
for (const [name, nodes] of Object.entries(crossing))
  s(`never proven: ${name}`, () => notProven(graph(nodes), /^node \d+|^the output/));

const keeping: Readonly<Record<string, readonly Uint8Array[]>> = {
  'a product and a softmax': [node('MatMul', ['x', 'w'], ['z']), node('Softmax', ['z'], ['p'])],
  'turned, normalised, turned back': [
    node('Transpose', ['x'], ['t']),
    node('Softmax', ['t'], ['n'], { attributes: [int('axis', 0)] }),
    node('Transpose', ['n'], ['p'], { attributes: [ints('perm', [1, 0])] }),
  ],
  'laid out and back, with the batch’s own size': [
    node('Shape', ['x'], ['s'], { attributes: [int('start', 0), int('end', 1)] }),
    node('Concat', ['s', 'v1', 'v3'], ['wide'], { attributes: [int('axis', 0)] }),
    node('Reshape', ['x', 'wide'], ['y']),
    node('Reshape', ['y', 'back'], ['p']),
  ],
  'a scale for each text': [
    node('Abs', ['x'], ['a']),
    node('ReduceMax', ['a', 'v-1'], ['m']),
    node('Div', ['x', 'm'], ['p']),
  ],
};
for (const [name, nodes] of Object.entries(keeping)) s(`proven: ${name}`, () => proven(graph(nodes)));

s('what is no graph, or says a name twice, is not proven', () => {
  notProven(Buffer.from('no model'), /./);
  notProven(Buffer.alloc(0), /no graph/);
  notProven(graph([node('Relu', ['x'], ['p']), node('Neg', ['x'], ['p'])]), /given twice/);
  notProven(graph([node('Relu', ['later'], ['p'])]), /not there yet/);
  notProven(graph([node('FusedVote', ['x'], ['p'])]), /not among/);
  const functions = Buffer.concat([graph([node('Relu', ['x'], ['p'])]), bytes(25, bytes(1, 'Relu'))]);
  notProven(functions, /function/);
});

s.run();
