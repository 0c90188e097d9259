import type { Manifest } from '../../registry-repo/manifest.ts';
import { encodeModel, type Initializer, type OperatorNode } from './graph.ts';
import type { GraphBuilder } from './graph-builder.ts';

export const OPSET = 17;
export const [INPUT, OUTPUT] = ['ids', 'probabilities'] as const;
/**
 * Prevents a division by zero for a row of zeros: far below any length that occurs, but not so small that its square is
 * zero in floats.
 */
export const TINY = 1e-30;

/** A model whose tables are bytes: ids, `2^bits` and one more for padding, by outputs. */
export type QuantizedTables = {
  readonly ids: number;
  readonly outputs: number;
  /** [ids, outputs]; weight = byte · weightScale[output] */
  readonly weights: Int8Array;
  readonly weightScale: Float32Array;
  /** [ids, outputs]; |ratio| = byte · ratioScale[output] */
  readonly ratios: Uint8Array;
  readonly ratioScale: Float32Array;
  /** log-odds = slope · (Σ weight / √Σ ratio²) + offset */
  readonly slope: Float32Array;
  readonly offset: Float32Array;
};

/** The graph's inputs and output, for `labels` labels. */
export const contractOf = (labels: number): Manifest['contract'] => ({
  inputs: [{ name: INPUT, type: 'int32', shape: ['batch', 'length'] }],
  output: { name: OUTPUT, type: 'float32', shape: ['batch', labels] },
});

/**
 * The ONNX file of an embedding bag: ids [batch, length] → probabilities [batch, labels]. Two tables are looked up and
 * summed, one of weights and one of ratios; their quotient is what the trainer calls a score. With two labels there is
 * one score, that of the second; with more there is one for each, and the probabilities are scaled to sum to 1.
 */
export function embeddingBag(tables: QuantizedTables, labels: number): Uint8Array {
  const { inputs, output } = contractOf(labels);
  return encodeModel({
    name: 'embedding-bag',
    opset: OPSET,
    inputs,
    outputs: [output],
    initializers: constants(tables),
    nodes: [...score, node('Sigmoid', ['logOdds'], 'odds'), ...probabilities(labels)],
  });
}

/** The bag's input beside others. Its length has a name of its own, because n-grams are not counted as tokens are. */
export const bagInput = () => ({ name: INPUT, type: 'int32' as const, shape: ['batch', 'ngrams'] });

/**
 * The bag as part of a larger graph, which has `bagInput` among its inputs.
 *
 * @returns the name of its log-odds [batch, outputs]
 */
export function addBag(g: GraphBuilder, tables: QuantizedTables): string {
  const own = (name: string): string => (name === INPUT ? name : `ngrams/${name}`);
  for (const constant of constants(tables))
    if (constant.name !== 'one') g.initializers.push({ ...constant, name: own(constant.name) });
  for (const { inputs, outputs, ...rest } of score)
    g.nodes.push({ ...rest, inputs: inputs.map(own), outputs: outputs.map(own) });
  return own('logOdds');
}

/** The result of `addBag` for one text's ids, except for rounding. [outputs] */
export function bagLogOdds(t: QuantizedTables, ids: Int32Array): Float64Array {
  return Float64Array.from({ length: t.outputs }, (_, output) => {
    let [weight, squares] = [0, 0];
    for (const id of ids) {
      weight += t.weights[id * t.outputs + output] as number;
      squares += (t.ratios[id * t.outputs + output] as number) ** 2;
    }
    const length = Math.max(TINY, Math.sqrt(squares) * (t.ratioScale[output] as number));
    const score = (weight * (t.weightScale[output] as number)) / length;
    return score * (t.slope[output] as number) + (t.offset[output] as number);
  });
}

function constants(t: QuantizedTables): Initializer[] {
  const row = (name: string, data: Float32Array): Initializer => ({ name, type: 'float32', dims: [data.length], data });
  return [
    { name: 'weights', type: 'int8', dims: [t.ids, t.outputs], data: t.weights },
    { name: 'ratios', type: 'uint8', dims: [t.ids, t.outputs], data: t.ratios },
    row('weightScale', t.weightScale),
    row('ratioScale', t.ratioScale),
    row('slope', t.slope),
    row('offset', t.offset),
    row('tiny', Float32Array.of(TINY)),
    row('one', Float32Array.of(1)),
    { name: 'overLength', type: 'int64', dims: [1], data: BigInt64Array.of(1n) },
  ];
}

export const node = (
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: OperatorNode['attributes'] = {},
): OperatorNode => ({ op, inputs, outputs: [output], attributes });

export const TO_FLOAT = { to: 1 };

const score: readonly OperatorNode[] = [
  node('Gather', ['weights', INPUT], 'weightBytes', { axis: 0 }), // [batch, length, outputs]
  node('Cast', ['weightBytes'], 'weightFloats', TO_FLOAT),
  node('ReduceSum', ['weightFloats', 'overLength'], 'weightSum', { keepdims: 0 }), // [batch, outputs]
  node('Mul', ['weightSum', 'weightScale'], 'weight'),
  node('Gather', ['ratios', INPUT], 'ratioBytes', { axis: 0 }),
  node('Cast', ['ratioBytes'], 'ratioFloats', TO_FLOAT),
  node('Mul', ['ratioFloats', 'ratioFloats'], 'ratioSquares'),
  node('ReduceSum', ['ratioSquares', 'overLength'], 'ratioSum', { keepdims: 0 }),
  node('Sqrt', ['ratioSum'], 'ratioRoot'),
  node('Mul', ['ratioRoot', 'ratioScale'], 'ratioLength'),
  node('Max', ['ratioLength', 'tiny'], 'length'),
  node('Div', ['weight', 'length'], 'direction'),
  node('Mul', ['direction', 'slope'], 'steep'),
  node('Add', ['steep', 'offset'], 'logOdds'),
];

/** From `odds` [batch, outputs] to probabilities of all labels; the graph has constants `one`, `tiny` and `overLength`. */
export const probabilities = (labels: number): readonly OperatorNode[] => (labels === 2 ? twoLabels : manyLabels);

const twoLabels: readonly OperatorNode[] = [
  node('Sub', ['one', 'odds'], 'others'),
  node('Concat', ['others', 'odds'], OUTPUT, { axis: 1 }),
];

const manyLabels: readonly OperatorNode[] = [
  node('Add', ['odds', 'tiny'], 'positive'),
  node('ReduceSum', ['positive', 'overLength'], 'total', { keepdims: 1 }),
  node('Div', ['positive', 'total'], OUTPUT),
];
