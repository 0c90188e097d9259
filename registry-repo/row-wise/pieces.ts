import type { Operation } from './operation.ts';
import { known, over, type Size, same, whole } from './size.ts';
import { free, numbers, refuse, rows, type Value, valuesOf } from './value.ts';

// Operators that put numbers together along an axis, and those that cut some out.

type Rule = (op: Operation) => Value[];

const concat: Rule = (op) => {
  const given = op.inputs.map((_, i) => op.input(i));
  const lists = given.map(valuesOf);
  if (!lists.includes(null)) return [numbers((lists as (readonly Size[])[]).flat(), false)];
  if (op.allFree) {
    const first = given[0]?.dims;
    if (!first) return [free(null)];
    const along = op.axis(first.length, 0);
    return [free(first.map((own, i) => (i === along ? op.fresh() : own)))];
  }
  const { dims, axis } = op.rows(0);
  const along = op.axis(dims.length, 0);
  if (along === axis) refuse('texts are put one behind another');
  given.forEach((_, i) => {
    const other = op.rows(i);
    if (other.axis !== axis || other.dims.length !== dims.length || !same(other.dims[axis] as Size, dims[axis] as Size))
      refuse('the batch is on different axes of its inputs');
  });
  return [
    rows(
      dims.map((own, i) => (i === along ? summed(op, given, i) : own)),
      axis,
    ),
  ];
};

function summed(op: Operation, given: readonly Value[], axis: number): Size {
  const sizes = given.map(({ dims }) => known(dims?.[axis]));
  return sizes.includes(null) ? op.fresh() : whole((sizes as number[]).reduce((a, b) => a + b, 0));
}

const split: Rule = (op) => {
  const value = op.input(0);
  const count = op.node.outputs.length;
  if (op.allFree) return Array.from({ length: count }, () => free(value.dims?.map(() => op.fresh()) ?? null));
  const { dims, axis } = op.rows(0);
  const along = op.axis(dims.length, 0);
  if (along === axis) refuse('the batch is split');
  op.freeOrNone(1);
  const parts = op.list('split', 1);
  const even = over(dims[along] as Size, whole(count));
  const of = (i: number) => (parts ? whole(parts[i] ?? 0) : (even ?? op.fresh()));
  return Array.from({ length: count }, (_, k) =>
    rows(
      dims.map((own, i) => (i === along ? of(k) : own)),
      axis,
    ),
  );
};

const slice: Rule = (op) => {
  const value = op.input(0);
  const list = valuesOf(value);
  if (list && value.dims?.length === 1) {
    const found = sliced(op, list);
    if (found) return [numbers(found, false)];
  }
  for (const index of [1, 2, 4]) if (op.inputs[index]) op.free(index);
  const { dims } = value;
  if (!dims) return [free(null)];
  const starts = op.ints('starts') ?? valuesOf(op.inputs[1]);
  const axes =
    op.axes(dims.length, 3) ?? starts?.map((_, i) => i) ?? refuse('which axes it cuts is not known before it runs');
  const left = dims.map((own, i) => (axes.includes(i) ? lengthOf(op, own, axes.indexOf(i)) : own));
  if (value.kind === 'free') return [free(left)];
  const { axis } = op.rows(0);
  if (axes.includes(axis)) refuse('the batch is cut');
  return [rows(left, axis)];
};

/** How long an axis is after cutting, if that is known. @param nth of the axes that are cut */
function lengthOf(op: Operation, own: Size, nth: number): Size {
  const of = (name: string, index: number): number | null =>
    op.ints(name)?.[nth] ?? known(valuesOf(op.inputs[index])?.[nth]);
  const [size, start, end] = [known(own), of('starts', 1), of('ends', 2)];
  if (size === null || start === null || end === null || (op.inputs[4] && of('steps', 4) !== 1)) return op.fresh();
  const place = (i: number) => Math.min(Math.max(i < 0 ? i + size : i, 0), size);
  return whole(Math.max(place(end) - place(start), 0));
}

/** Cuts a vector that is known. */
function sliced(op: Operation, list: readonly Size[]): readonly Size[] | null {
  const of = (name: string, index: number): number | null => {
    const values = op.ints(name) ?? valuesOf(op.inputs[index])?.map(known);
    return values?.length === 1 ? (values[0] ?? null) : null;
  };
  const [start, end, step] = [of('starts', 1), of('ends', 2), op.inputs[4] ? of('steps', 4) : 1];
  return start === null || end === null || step !== 1 ? null : list.slice(start, end);
}

const pad: Rule = (op) => {
  if (op.allFree) return [free(null)];
  const { dims, axis } = op.rows(0);
  op.freeOrNone(1, 2, 3);
  const pads = op.list('pads', 1) ?? refuse('how much is not said');
  if (op.inputs[3] || pads.length !== 2 * dims.length) refuse('it pads some axes only');
  if (pads[axis] !== 0 || pads[dims.length + axis] !== 0) refuse('the batch is padded');
  const isPadded = (i: number) => pads[i] !== 0 || pads[dims.length + i] !== 0;
  return [
    rows(
      dims.map((own, i) => (isPadded(i) ? op.fresh() : own)),
      axis,
    ),
  ];
};

export const PIECES: Readonly<Record<string, Rule>> = {
  Concat: concat,
  Split: split,
  Slice: slice,
  Pad: pad,
};
