import { axisOf, type Operation } from './operation.ts';
import { isOne, ONE, product } from './size.ts';
import { type Dims, free, isPlain, type Rows, refuse, rows, type Value } from './value.ts';

// Operators that work along some axes of a tensor: never along the batch axis.

type Rule = (op: Operation) => Value[];

const reduce: Rule = (op) => {
  const value = op.input(0);
  const keep = op.int('keepdims', 1) === 1;
  const { dims } = value;
  if (!dims) return [free(null)];
  const axes = op.axes(dims.length, 1);
  const over = axes && axes.length > 0 ? axes : op.int('noop_with_empty_axes', 0) === 1 ? [] : dims.map((_, i) => i);
  const left = dims.flatMap((own, i) => (over.includes(i) ? (keep ? [ONE] : []) : [own]));
  if (value.kind === 'free') return [free(left)];
  const { axis } = op.rows(0);
  if (over.includes(axis)) refuse('it reduces over the batch');
  return [rows(left, keep ? axis : axis - over.filter((i) => i < axis).length)];
};

const pick: Rule = (op) => {
  const value = op.input(0);
  const { dims } = value;
  if (!dims) return [free(null)];
  const along = op.axis(dims.length, 0);
  const keep = op.int('keepdims', 1) === 1;
  const left = dims.flatMap((own, i) => (i === along ? (keep ? [ONE] : []) : [own]));
  if (value.kind === 'free') return [free(left)];
  const { axis } = op.rows(0);
  if (along === axis) refuse('it looks for the largest across the batch');
  return [rows(left, keep || axis < along ? axis : axis - 1)];
};

/** Until operator set 13 they treated all axes from the given one on as one. */
const softmax: Rule = (op) => {
  const value = op.input(0);
  if (value.kind === 'free') return [free(value.dims)];
  const { dims, axis } = op.rows(0);
  const along = op.axis(dims.length, op.opset < 13 ? 1 : -1);
  if (op.opset < 13 ? along <= axis : along === axis) refuse('it normalises across the batch');
  return [value];
};

/** Normalises over an axis and all axes after it. */
const layerNorm: Rule = (op) => {
  op.freeOrNone(1, 2);
  const value = op.input(0);
  if (value.kind === 'free') return op.node.outputs.map(() => free(null));
  const { dims, axis } = op.rows(0);
  const from = op.axis(dims.length, -1);
  if (from <= axis) refuse('it normalises across the batch');
  // A gain or bias with more axes than are normalised would give each place in the batch a value of its own.
  for (const index of [1, 2]) {
    const parameter = op.inputs[index];
    if (parameter && (!parameter.dims || parameter.dims.length >= dims.length - axis))
      refuse('a gain belongs to a place in the batch');
  }
  const mean = rows(
    dims.map((own, i) => (i < from ? own : ONE)),
    axis,
  );
  return op.node.outputs.map((_, i) => (i === 0 ? value : mean));
};

const alongOne =
  (otherwise: number): Rule =>
  (op) => {
    const value = op.input(0);
    if (value.kind === 'free') return [free(value.dims)];
    const { dims, axis } = op.rows(0);
    if (op.axis(dims.length, otherwise) === axis) refuse('it normalises across the batch');
    return [value];
  };

const cumSum: Rule = (op) => {
  const value = op.input(0);
  if (op.allFree) return [free(value.dims)];
  const { dims, axis } = op.rows(0);
  const [along] = op.constants(1);
  if (along === undefined || axisOf(along, dims.length) === axis) refuse('it sums over the batch');
  return [value];
};

const topK: Rule = (op) => {
  const value = op.input(0);
  if (value.kind === 'free' && op.allFree) return op.node.outputs.map(() => free(null));
  const { dims, axis } = op.rows(0);
  op.freeOrNone(1);
  const along = op.axis(dims.length, -1);
  if (along === axis) refuse('it looks for the largest across the batch');
  const left = rows(
    dims.map((own, i) => (i === along ? op.fresh() : own)),
    axis,
  );
  return op.node.outputs.map(() => left);
};

/** The scale is one number, or one for each place on an axis other than the batch axis. */
const quantize: Rule = (op) => {
  const value = op.input(0);
  op.freeOrNone(1, 2);
  if (value.kind === 'free') return [free(value.dims)];
  const { dims, axis } = op.rows(0);
  for (const index of [1, 2]) {
    const own = op.inputs[index];
    if (!own) continue;
    const one = own.dims && isOne(product(own.dims));
    if (!one && (own.dims?.length !== 1 || op.has('block_size') || op.axis(dims.length, 1) === axis))
      refuse('a scale belongs to a place in the batch');
  }
  return [value];
};

const REDUCTIONS = 'L1 L2 LogSum LogSumExp Max Mean Min Prod Sum SumSquare'.split(' ').map((name) => `Reduce${name}`);

/** [N, C, ..]: each of the N separately, whatever is done with the other axes. */
const perSample: Rule = (op) => {
  if (op.allFree) return op.node.outputs.map(() => free(null));
  const value = op.rows(0);
  op.freeOrNone(...op.inputs.map((_, i) => i).slice(1));
  if (value.axis !== 0 || !isPlain(value) || value.dims.length < 3) refuse('the batch is not its first axis');
  if (op.node.outputs.length > 1) refuse('it says where in the batch something was found');
  return [
    rows(
      value.dims.map((own, i) => (i === 0 ? own : op.fresh())),
      0,
    ),
  ];
};

/** As in inference: with the given means and variances. */
const batchNorm: Rule = (op) => {
  if (op.opset < 14 || op.int('training_mode', 0) !== 0) refuse('it may take the mean of the batch');
  const value = op.rows(0);
  op.freeOrNone(1, 2, 3, 4);
  if (value.axis !== 0 || op.node.outputs.length !== 1) refuse('the batch is not its first axis');
  return [value];
};

/** ONNX's recurrent layers: [length, batch, in] → [length, directions, batch, hidden] and [directions, batch, hidden]. */
const recurrent: Rule = (op) => {
  if (op.int('layout', 0) !== 0) refuse('its layout is not one that is looked at');
  const x = plain(op.rows(0), 1, 3);
  op.freeOrNone(1, 2, 3, 7);
  if (op.inputs[4]) plain(op.rows(4), 0, 1);
  for (const index of [5, 6]) if (op.inputs[index]) plain(op.rows(index), 1, 3);
  const [length, batch] = x.dims as [Dims[number], Dims[number]];
  const [directions, hidden] = [op.fresh(), op.fresh()];
  const last = () => rows([directions, batch, hidden], 1);
  return op.node.outputs.map((_, i) => (i === 0 ? rows([length, directions, batch, hidden], 2) : last()));
};

const plain = (value: Rows, axis: number, rank: number): Rows =>
  value.axis === axis && value.dims.length === rank && isPlain(value)
    ? value
    : refuse('the batch is not on the axis that it should be');

const named = (names: readonly string[], rule: Rule): Record<string, Rule> =>
  Object.fromEntries(names.map((name) => [name, rule]));

export const ALONG_AXES: Readonly<Record<string, Rule>> = {
  ...named(REDUCTIONS, reduce),
  ...named(['ArgMax', 'ArgMin'], pick),
  ...named(['Softmax', 'LogSoftmax', 'Hardmax'], softmax),
  ...named(['LayerNormalization', 'RMSNormalization'], layerNorm),
  LpNormalization: alongOne(-1),
  CumSum: cumSum,
  TopK: topK,
  ...named(['QuantizeLinear', 'DequantizeLinear'], quantize),
  ...named(
    ['Conv', 'AveragePool', 'MaxPool', 'GlobalAveragePool', 'GlobalMaxPool', 'InstanceNormalization'],
    perSample,
  ),
  BatchNormalization: batchNorm,
  ...named(['LSTM', 'GRU', 'RNN'], recurrent),
};
