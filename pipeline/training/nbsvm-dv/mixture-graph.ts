import { contractOf, INPUT, node, OPSET, probabilities, TINY, TO_FLOAT } from '../../onnx/embedding-bag.ts';
import { encodeModel, type Initializer, type OperatorNode } from '../../onnx/graph.ts';
import { largest } from '../nbsvm/quantize-tables.ts';
import { keyOf, type Slots, slotOf } from './slots.ts';

/**
 * The parts of one score of the graph: tables by slot, 0 where a slot has no part in them; the last slot is padding.
 */
export type ScoreTables = {
  /** [slots] each */
  readonly ngrams: { readonly weights: Float32Array; readonly ratios: Float32Array };
  readonly vectors: { readonly values: Float32Array; readonly weights: Float32Array };
  /** log-odds = ngrams · (Σ weight / √Σ ratio²) + vectors · (Σ value / Σ weight) + offset */
  readonly slopes: { readonly ngrams: number; readonly vectors: number };
  readonly offset: number;
};

/** Tables of bytes, with the value of a byte for each column. */
type Bytes<A> = { readonly cells: A; readonly scale: Float32Array };

type Model = {
  /** One for two labels, else one for each label. */
  readonly mixtures: readonly ScoreTables[];
  readonly labels: number;
  readonly slots: Slots;
  /** The ids to which the slots' vectors belong. */
  readonly vectorIds: Int32Array;
};

/**
 * The ONNX file of a blend: ids [batch, length] → probabilities [batch, labels]. All four tables are rounded to a byte
 * for each number. Two signed ones are side by side in one tensor, and two unsigned ones in another, so that each slot
 * is looked up twice, and once more for the key of the id that its vector belongs to.
 */
export function mixtureGraph({ mixtures, labels, slots, vectorIds }: Model): Uint8Array {
  const { inputs, output } = contractOf(labels);
  const signed = quantized(
    mixtures.flatMap(({ ngrams, vectors }) => [ngrams.weights, vectors.values]),
    Int8Array,
    127,
  );
  const positive = quantized(
    mixtures.flatMap(({ ngrams, vectors }) => [ngrams.ratios, vectors.weights]),
    Uint8Array,
    255,
  );
  return encodeModel({
    name: 'embedding-bag-mixture',
    opset: OPSET,
    inputs,
    outputs: [output],
    initializers: [...constants(mixtures, signed, positive), ...lookUp(slots, vectorIds)],
    nodes: [...nodes, ...probabilities(labels)],
  });
}

/** Columns 2i of the tables go first, then columns 2i + 1: one slice each. */
function quantized<A extends Int8Array | Uint8Array>(
  tables: readonly Float32Array[],
  Cells: new (length: number) => A,
  most: number,
): Bytes<A> {
  const ordered = [...tables.filter((_, i) => i % 2 === 0), ...tables.filter((_, i) => i % 2 === 1)];
  const ids = ordered[0]?.length ?? 0;
  const cells = new Cells(ids * ordered.length);
  const scale = Float32Array.from(ordered, (table) => largest(table) / most);
  ordered.forEach((table, i) => {
    const unit = scale[i] as number;
    for (let id = 0; id < ids; id++) {
      const value = table[id] as number;
      if (value !== 0) cells[id * ordered.length + i] = Math.round((most === 255 ? Math.abs(value) : value) / unit);
    }
  });
  return { cells, scale };
}

function constants(
  mixtures: readonly ScoreTables[],
  signed: Bytes<Int8Array>,
  positive: Bytes<Uint8Array>,
): Initializer[] {
  const outputs = mixtures.length;
  const ids = signed.cells.length / (2 * outputs);
  const row = (name: string, values: ArrayLike<number>): Initializer => {
    const data = Float32Array.from(values);
    return { name, type: 'float32', dims: [data.length], data };
  };
  const whole = (name: string, ...values: number[]): Initializer => {
    const data = BigInt64Array.from(values, BigInt);
    return { name, type: 'int64', dims: [data.length], data };
  };
  return [
    { name: 'signedTable', type: 'int8', dims: [ids, 2 * outputs], data: signed.cells },
    { name: 'positiveTable', type: 'uint8', dims: [ids, 2 * outputs], data: positive.cells },
    row('ngramScale', signed.scale.subarray(0, outputs)),
    row('vectorScale', signed.scale.subarray(outputs)),
    row('ratioScale', positive.scale.subarray(0, outputs)),
    row('weightScale', positive.scale.subarray(outputs)),
    row(
      'ngramSlope',
      mixtures.map(({ slopes }) => slopes.ngrams),
    ),
    row(
      'vectorSlope',
      mixtures.map(({ slopes }) => slopes.vectors),
    ),
    row(
      'offset',
      mixtures.map(({ offset }) => offset),
    ),
    row('tiny', [TINY]),
    row('one', [1]),
    whole('overLength', 1),
    whole('halves', outputs, outputs),
  ];
}

function lookUp(slots: Slots, vectorIds: Int32Array): Initializer[] {
  const rows = 2 ** slots.slotBits;
  const keys = new Uint8Array(rows + 1);
  for (const id of vectorIds) keys[slotOf(slots, id)] = keyOf(slots, id);
  const whole = (name: string, value: number): Initializer => {
    return { name, type: 'int32', dims: [1], data: Int32Array.of(value) };
  };
  return [
    { name: 'keyTable', type: 'uint8', dims: [rows + 1], data: keys },
    whole('slotCount', rows),
    whole('idCount', 2 ** slots.bits),
    { name: 'overOutputs', type: 'int64', dims: [1], data: BigInt64Array.of(2n) },
  ];
}

const split = (input: string, outputs: readonly [string, string], axis: number): OperatorNode => ({
  op: 'Split',
  inputs: [input, 'halves'],
  outputs,
  attributes: { axis },
});

const TO_INT = { to: 6 };

const nodes: readonly OperatorNode[] = [
  node('Div', [INPUT, 'slotCount'], 'key'), // [batch, length]
  node('Mod', [INPUT, 'slotCount'], 'slotOfId'),
  node('Div', [INPUT, 'idCount'], 'isPadding'), // 1 for the id after the last
  node('Mul', ['isPadding', 'slotCount'], 'paddingSlot'),
  node('Add', ['slotOfId', 'paddingSlot'], 'slot'),
  node('Gather', ['keyTable', 'slot'], 'ownKeyByte', { axis: 0 }),
  node('Cast', ['ownKeyByte'], 'ownKey', TO_INT),
  node('Equal', ['key', 'ownKey'], 'isOwn'),
  node('Cast', ['isOwn'], 'ownShare', TO_FLOAT),
  node('Unsqueeze', ['ownShare', 'overOutputs'], 'own'), // [batch, length, 1]: 1 where the slot's vector is the id's
  node('Gather', ['signedTable', 'slot'], 'signedBytes', { axis: 0 }), // [batch, length, 2 · outputs]
  node('Cast', ['signedBytes'], 'signedFloats', TO_FLOAT),
  split('signedFloats', ['ngramWeights', 'slotValues'], 2), // [batch, length, outputs] each
  node('Mul', ['slotValues', 'own'], 'values'),
  node('ReduceSum', ['ngramWeights', 'overLength'], 'ngramBytes', { keepdims: 0 }), // [batch, outputs]
  node('Mul', ['ngramBytes', 'ngramScale'], 'ngramSum'),
  node('ReduceSum', ['values', 'overLength'], 'vectorBytes', { keepdims: 0 }),
  node('Mul', ['vectorBytes', 'vectorScale'], 'vectorSum'),
  node('Gather', ['positiveTable', 'slot'], 'positiveBytes', { axis: 0 }),
  node('Cast', ['positiveBytes'], 'positiveFloats', TO_FLOAT),
  split('positiveFloats', ['ratios', 'slotWeights'], 2), // [batch, length, outputs] each
  node('Mul', ['slotWeights', 'own'], 'weights'),
  node('Mul', ['ratios', 'ratios'], 'ratioSquares'),
  node('ReduceSum', ['ratioSquares', 'overLength'], 'ratioSum', { keepdims: 0 }),
  node('Sqrt', ['ratioSum'], 'ratioRoot'),
  node('Mul', ['ratioRoot', 'ratioScale'], 'ratioLength'),
  node('Max', ['ratioLength', 'tiny'], 'ngramLength'),
  node('Div', ['ngramSum', 'ngramLength'], 'ngramScore'),
  node('ReduceSum', ['weights', 'overLength'], 'weightBytes', { keepdims: 0 }),
  node('Mul', ['weightBytes', 'weightScale'], 'weightSum'),
  node('Max', ['weightSum', 'tiny'], 'vectorLength'),
  node('Div', ['vectorSum', 'vectorLength'], 'vectorScore'),
  node('Mul', ['ngramScore', 'ngramSlope'], 'ngramPart'),
  node('Mul', ['vectorScore', 'vectorSlope'], 'vectorPart'),
  node('Add', ['ngramPart', 'vectorPart'], 'parts'),
  node('Add', ['parts', 'offset'], 'logOdds'),
  node('Sigmoid', ['logOdds'], 'odds'),
];
