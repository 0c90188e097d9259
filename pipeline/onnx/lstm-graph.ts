import type { Parameter, Parameters } from './architecture.ts';
import { checkSize } from './check-parameters.ts';
import { TRANSFORMER_INPUTS, TRANSFORMER_OPSET } from './encoder.ts';
import { encodeModel } from './graph.ts';
import { GraphBuilder } from './graph-builder.ts';

const [IDS, MASK] = TRANSFORMER_INPUTS.map(({ name }) => name) as [string, string];

/** Subtracted from padding's numbers before the maximum is taken. */
const NEVER = 1e9;

/** The sizes of a recurrent classifier: V words, E numbers a word, H of a state, D directions, K labels. */
export type RnnShape = {
  readonly vocabulary: number;
  readonly embedding: number;
  readonly hidden: number;
  readonly layers: number;
  readonly directions: 1 | 2;
  /** What represents a text. */
  readonly summary: 'max' | 'mean' | 'last';
  readonly labels: number;
};

type Scope = { readonly g: GraphBuilder; readonly shape: RnnShape; readonly p: Parameters };

/**
 * The ONNX file of a recurrent classifier, with ONNX's own LSTM: what `RnnModel` computes, without dropout. Inputs and output are
 * those of `transformerContract`. B texts, L tokens, E numbers a word, H of a state, D directions, K labels.
 *
 * @throws {ModelTooLargeError} at 2 GiB
 */
export function lstmGraph(shape: RnnShape, p: Parameters): Uint8Array {
  checkSize(p);
  const scope = { g: new GraphBuilder(), shape, p };
  const { g } = scope;
  const counted = g.node('ReduceSum', [MASK, g.whole('overTokens', 1)], 'tokens', { keepdims: 0 }); // [B]
  const lengths = g.node('Cast', [counted], 'lengths', { to: 6 });
  const words = g.node('Gather', [floats(scope, 'embeddings/word'), IDS], 'words', { axis: 0 }); // [B, L, E]
  let x = g.node('Transpose', [words], 'words/byTime', { perm: [1, 0, 2] }); // [L, B, E]
  let last = '';
  for (let i = 0; i < shape.layers; i++) {
    const states = lstm(scope, i, x, lengths);
    x = joined(scope, states.all, `lstm/${i}`); // [L, B, D·H]
    last = states.last; // [D, B, H]
  }
  const text = summary(scope, x, last); // [B, D·H]
  const product = g.node('MatMul', [text, floats(scope, 'head/output/kernel')], 'head/output/product'); // [B, K]
  g.nodes.push({ op: 'Add', inputs: [product, floats(scope, 'head/output/bias')], outputs: ['logits'] });
  return encodeModel({
    name: 'rnn',
    opset: TRANSFORMER_OPSET,
    inputs: TRANSFORMER_INPUTS,
    outputs: [{ name: 'logits', type: 'float32', shape: ['batch', shape.labels] }],
    initializers: g.initializers,
    nodes: g.nodes,
  });
}

const parameter = (p: Parameters, name: string): Parameter => {
  const found = p.get(name);
  if (!found) throw new RangeError(`the parameter ${name} is missing`);
  return found;
};

function floats({ g, p }: Scope, name: string): string {
  const { shape, data } = parameter(p, name);
  return g.floats(name, shape, data);
}

function lstm({ g, shape, p }: Scope, i: number, x: string, lengths: string) {
  const { hidden: h, directions: d } = shape;
  const kernel = parameter(p, `lstm/${i}/kernel`); // [E, D·4H]
  const [inward = 0] = kernel.shape;
  const w = new Float32Array(kernel.data.length); // [D, 4H, E]
  for (let e = 0; e < inward; e++)
    for (let c = 0; c < d * 4 * h; c++) w[c * inward + e] = kernel.data[e * d * 4 * h + c] as number;
  const recurrent = parameter(p, `lstm/${i}/recurrent`).data; // [D, H, 4H]
  const r = new Float32Array(recurrent.length); // [D, 4H, H]
  for (let k = 0; k < d; k++)
    for (let a = 0; a < h; a++)
      for (let c = 0; c < 4 * h; c++) r[(k * 4 * h + c) * h + a] = recurrent[(k * h + a) * 4 * h + c] as number;
  const bias = parameter(p, `lstm/${i}/bias`).data; // [D·4H]
  const b = new Float32Array(2 * bias.length); // [D, 8H]: the second half is the recurrent bias, which adds nothing
  for (let k = 0; k < d; k++) b.set(bias.subarray(k * 4 * h, (k + 1) * 4 * h), k * 8 * h);
  const outputs = [`lstm/${i}/states`, `lstm/${i}/last`] as const;
  const weights = [
    g.floats(`lstm/${i}/w`, [d, 4 * h, inward], w),
    g.floats(`lstm/${i}/r`, [d, 4 * h, h], r),
    g.floats(`lstm/${i}/b`, [d, 8 * h], b),
  ];
  const attributes = { direction: d === 2 ? 'bidirectional' : 'forward', hidden_size: h };
  g.nodes.push({ op: 'LSTM', inputs: [x, ...weights, lengths], outputs, attributes });
  const [all, last] = outputs; // [L, D, B, H] and [D, B, H]
  return { all, last };
}

function joined({ g, shape }: Scope, states: string, name: string): string {
  const beside = g.node('Transpose', [states], `${name}/beside`, { perm: [0, 2, 1, 3] }); // [L, B, D, H]
  const joint = g.whole('directionsTogether', 0, 0, shape.directions * shape.hidden);
  return g.node('Reshape', [beside, joint], `${name}/joined`); // [L, B, D·H]
}

/** @param x [L, B, D·H], padding 0 @param last [D, B, H] @returns [B, D·H] */
function summary({ g, shape }: Scope, x: string, last: string): string {
  if (shape.summary === 'last') {
    const beside = g.node('Transpose', [last], 'text/beside', { perm: [1, 0, 2] }); // [B, D, H]
    return g.node('Reshape', [beside, g.whole('textWide', 0, shape.directions * shape.hidden)], 'text');
  }
  const mask = g.node('Cast', [MASK], 'present', { to: 1 }); // [B, L]
  if (shape.summary === 'mean') {
    const sum = g.node('ReduceSum', [x, g.whole('overTime', 0)], 'text/sum', { keepdims: 0 }); // [B, D·H]
    const tokens = g.node('ReduceSum', [mask, g.whole('overTokens', 1)], 'text/tokens', { keepdims: 1 }); // [B, 1]
    return g.node('Div', [sum, tokens], 'text');
  }
  const turned = g.node('Transpose', [mask], 'present/byTime', { perm: [1, 0] }); // [L, B]
  const absent = g.node('Sub', [g.scalar('one', 1), turned], 'absent');
  const far = g.node('Mul', [absent, g.scalar('never', NEVER)], 'absent/far');
  const wide = g.node('Unsqueeze', [far, g.whole('axis2', 2)], 'absent/wide'); // [L, B, 1]
  const kept = g.node('Sub', [x, wide], 'text/kept'); // [L, B, D·H]
  return g.node('ReduceMax', [kept], 'text', { axes: [0], keepdims: 0 });
}
