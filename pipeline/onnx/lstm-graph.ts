import type { Manifest } from '../../registry-repo/manifest.ts';
import { directionsOf, type RnnArchitecture, rnnParameterShapes, stateWidth } from '../training/rnn/architecture.ts';
import type { Parameters } from '../training/transformer/architecture.ts';
import { checkShapes, checkSize } from './check-parameters.ts';
import { TRANSFORMER_INPUTS, TRANSFORMER_OPSET } from './encoder.ts';
import { encodeModel } from './graph.ts';
import { GraphBuilder } from './graph-builder.ts';
import { transformerContract } from './transformer-graph.ts';

/** Ids and mask as a transformer takes them, so that one preprocessor serves both. */
const [{ name: IDS }, { name: MASK }] = TRANSFORMER_INPUTS;

/** The graph's inputs and output, for a number of labels. */
export const lstmContract = (labels: number): Manifest['contract'] => transformerContract(labels);

/** Below every state, which are between -1 and 1. */
const BELOW = -2;

/**
 * The ONNX file of a recurrent classifier: the same parameters, the same bytes. Batch and length are free; the LSTM ends where
 * a row's mask does, so a text's answer does not depend on its padding, which must be behind the text. Shapes: B texts, L words,
 * E width, U units, D directions, S = D · U.
 *
 * @param labels K
 * @throws {ModelTooLargeError} at 2 GiB, before anything is copied
 * @throws {RangeError} for a parameter that is missing or misshapen
 */
export function lstmGraph(a: RnnArchitecture, p: Parameters, labels: number): Uint8Array {
  checkSize(p);
  checkShapes(rnnParameterShapes(a, labels), p);
  const g = new GraphBuilder();
  const states = lstm(g, a, p); // [L, D, B, U], [D, B, U]
  const text = pooled(g, a, states); // [B, S]
  const product = g.node('MatMul', [text, constant(g, p, 'head/output/kernel')], 'head/output/product'); // [B, K]
  g.nodes.push({ op: 'Add', inputs: [product, constant(g, p, 'head/output/bias')], outputs: ['logits'] });
  return encodeModel({
    name: 'lstm',
    opset: TRANSFORMER_OPSET,
    inputs: TRANSFORMER_INPUTS,
    outputs: [{ name: 'logits', type: 'float32', shape: ['batch', labels] }],
    initializers: g.initializers,
    nodes: g.nodes,
  });
}

function constant(g: GraphBuilder, p: Parameters, name: string): string {
  const { shape, data } = p.get(name) as { shape: readonly number[]; data: Float32Array };
  return g.floats(name, shape, data);
}

type States = { readonly all: string; readonly last: string };

function lstm(g: GraphBuilder, a: RnnArchitecture, p: Parameters): States {
  const words = g.node('Gather', [constant(g, p, 'embeddings/word'), IDS], 'embeddings/words', { axis: 0 }); // [B, L, E]
  const inTime = g.node('Transpose', [words], 'embeddings/inTime', { perm: [1, 0, 2] }); // [L, B, E]
  const count = g.node('ReduceSum', [MASK, g.whole('axis1', 1)], 'words', { keepdims: 0 }); // [B]
  const lengths = g.node('Cast', [count], 'lengths', { to: 6 }); // [B]
  const [d, u, e] = [directionsOf(a).length, a.units, a.width];
  const kernels = g.floats('lstm/kernels', [d, 4 * u, e], stacked(a, p, 'kernel', e)); // [D, 4U, E]
  const recurrent = g.floats('lstm/recurrents', [d, 4 * u, u], stacked(a, p, 'recurrent', u)); // [D, 4U, U]
  const biases = g.floats('lstm/biases', [d, 8 * u], biasesOf(a, p)); // [D, 8U]
  g.nodes.push({
    op: 'LSTM',
    inputs: [inTime, kernels, recurrent, biases, lengths],
    outputs: ['lstm/all', 'lstm/last'], // [L, D, B, U], [D, B, U]
    attributes: { hidden_size: u, direction: { text: a.bidirectional ? 'bidirectional' : 'forward' } },
  });
  return { all: 'lstm/all', last: 'lstm/last' };
}

/** Which of our gates (input, forget, cell, output) stands at each of ONNX's places: input, output, forget, cell. */
const GATES = [0, 3, 1, 2];

/** [inputs, 4U] of each direction as [D, 4U, inputs], the gates in ONNX's order. */
function stacked(a: RnnArchitecture, p: Parameters, part: 'kernel' | 'recurrent', inputs: number): Float32Array {
  const { units } = a;
  const rows = directionsOf(a).flatMap((direction) => {
    const { data } = p.get(`lstm/${direction}/${part}`) as { data: Float32Array };
    return columnsOf(units).map((column) =>
      Float32Array.from({ length: inputs }, (_, i) => data[i * 4 * units + column] as number),
    );
  });
  const all = new Float32Array(rows.length * inputs);
  rows.forEach((row, i) => {
    all.set(row, i * inputs);
  });
  return all;
}

/** ONNX has a second bias, of the recurrent product: zeros. */
function biasesOf(a: RnnArchitecture, p: Parameters): Float32Array {
  const { units } = a;
  const all = new Float32Array(directionsOf(a).length * 8 * units);
  directionsOf(a).forEach((direction, d) => {
    const { data } = p.get(`lstm/${direction}/bias`) as { data: Float32Array };
    all.set(
      columnsOf(units).map((column) => data[column] as number),
      d * 8 * units,
    );
  });
  return all;
}

const columnsOf = (units: number): number[] =>
  GATES.flatMap((gate) => Array.from({ length: units }, (_, i) => gate * units + i));

function pooled(g: GraphBuilder, a: RnnArchitecture, { all, last }: States): string {
  const flat = g.whole('flat', -1, stateWidth(a));
  if (a.pooling === 'last') {
    const perText = g.node('Transpose', [last], 'state/perText', { perm: [1, 0, 2] }); // [B, D, U]
    return g.node('Reshape', [perText, flat], 'state'); // [B, S]
  }
  const perText = g.node('Transpose', [all], 'states/perText', { perm: [2, 0, 1, 3] }); // [B, L, D, U]
  const states = g.node('Reshape', [perText, g.whole('together', 0, 0, stateWidth(a))], 'states'); // [B, L, S]
  const mask = g.node('Cast', [MASK], 'mask', { to: 1 }); // [B, L]
  const column = g.node('Unsqueeze', [mask, g.whole('axis2', 2)], 'mask/column'); // [B, L, 1]
  const kept = g.node('Mul', [states, column], 'states/kept'); // [B, L, S]
  return a.pooling === 'mean' ? meanOf(g, kept, column) : largestOf(g, kept, column);
}

function meanOf(g: GraphBuilder, kept: string, mask: string): string {
  const axis = g.whole('axis1', 1);
  const sum = g.node('ReduceSum', [kept, axis], 'state/sum', { keepdims: 0 }); // [B, S]
  const words = g.node('ReduceSum', [mask, axis], 'state/words', { keepdims: 0 }); // [B, 1]
  const some = g.node('Max', [words, g.scalar('one', 1)], 'state/some'); // [B, 1]
  return g.node('Div', [sum, some], 'state'); // [B, S]
}

function largestOf(g: GraphBuilder, kept: string, mask: string): string {
  const absent = g.node('Sub', [g.scalar('one', 1), mask], 'padding'); // [B, L, 1]
  const bias = g.node('Mul', [absent, g.scalar('below', BELOW)], 'padding/bias'); // [B, L, 1]
  const candidates = g.node('Add', [kept, bias], 'states/candidates'); // [B, L, S]
  return g.node('ReduceMax', [candidates], 'state', { axes: [1], keepdims: 0 }); // [B, S]
}
