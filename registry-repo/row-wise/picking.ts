import { axisOf, type Operation } from './operation.ts';
import { isOne, known, ONE, over, type Size, same, whole } from './size.ts';
import { type Dims, free, numbers, type Rows, refuse, rows, type Value, valuesOf } from './value.ts';

// Operators that make numbers of shapes, and those that pick some by their places.

type Rule = (op: Operation) => Value[];

const constantOfShape: Rule = (op) => {
  const dims = valuesOf(op.input(0));
  if (!dims) return op.input(0).kind === 'free' ? [free(null)] : refuse('its axes are not known before it runs');
  const own = dims.findIndex(({ batch }) => batch);
  return [own < 0 ? constantValues(op, dims) : rows(dims, own)];
};

const MAX_VALUES = 64;

/** A short vector of ones, with which exporters multiply shapes. */
function constantValues(op: Operation, dims: Dims): Value {
  const length = dims.length === 1 ? known(dims[0]) : null;
  const value = op.constantNumber();
  if (length === null || length > MAX_VALUES || length < 0 || value === null) return free(dims);
  return numbers(
    Array.from({ length }, () => whole(value)),
    false,
  );
}

const range: Rule = (op) => {
  const [start, limit, step] = [0, 1, 2].map((i) => valuesOf(op.input(i))?.[0]);
  const counts = known(start) === 0 && known(step) === 1;
  if (op.allFree) return [counts && limit ? { ...free([limit]), below: limit } : free([op.fresh()])];
  if (!counts || !limit?.batch || !isOne(over(limit, { factor: 1, batch: true, names: [] })))
    return refuse('it counts with the size of the batch');
  return [{ kind: 'places', dims: [limit], axis: 0, stride: ONE, exact: true }];
};

/** Picks one of some known numbers, rows of a table, or each text's own numbers. */
const gather: Rule = (op) => {
  const [data, ids] = [op.input(0), op.input(1)];
  const list = valuesOf(data);
  const picked = valuesOf(ids)?.map((i) => list?.at(known(i) ?? Number.NaN));
  if (
    list &&
    data.dims?.length === 1 &&
    picked &&
    !picked.includes(undefined) &&
    valuesOf(ids)?.every((i) => known(i) !== null)
  )
    return [numbers(picked as Size[], ids.dims?.length === 0)];
  if (op.allFree)
    return [free(data.dims && ids.dims ? picking(data.dims, ids.dims, op.axis(data.dims.length, 0)) : null)];
  if (data.kind === 'sizes' || ids.kind === 'sizes') return refuse('it looks up by the size of the batch');
  if (!data.dims || !ids.dims) return refuse('the rank of an input is not known');
  const along = op.axis(data.dims.length, 0);
  const dims = picking(data.dims, ids.dims, along);
  if (data.kind === 'free' && ids.kind === 'rows') return [rows(dims, along + ids.axis)];
  if (data.kind !== 'rows') return refuse('places are looked up');
  if (ids.kind === 'places') return [ownNumbers(data, ids, along, dims)];
  if (ids.kind === 'rows' || along === data.axis) return refuse('it looks up across the batch');
  return [rows(dims, data.axis < along ? data.axis : data.axis - 1 + ids.dims.length)];
};

const picking = (data: Dims, ids: Dims, along: number): Dims => [
  ...data.slice(0, along),
  ...ids,
  ...data.slice(along + 1),
];

/** Picks numbers of each text from among its own. */
function ownNumbers(data: Rows, ids: Extract<Value, { kind: 'places' }>, along: number, dims: Dims): Value {
  const each = over(data.dims[data.axis] as Size, { factor: 1, batch: true, names: [] });
  if (along !== data.axis || data.axis !== 0 || !each || !same(each, ids.stride))
    return refuse('it looks up across the batch');
  return rows(dims, ids.axis);
}

const oneHot: Rule = (op) => {
  if (op.allFree) return [free(null)];
  const { dims, axis } = op.rows(0);
  op.freeOrNone(1, 2);
  const at = axisOf(op.int('axis', -1), dims.length + 1);
  return [rows(dims.toSpliced(at, 0, op.fresh()), axis < at ? axis : axis + 1)];
};

const trilu: Rule = (op) => {
  if (op.allFree) return [free(op.input(0).dims)];
  const value = op.rows(0);
  op.freeOrNone(1);
  if (value.axis >= value.dims.length - 2) refuse('the triangle lies across the batch');
  return [value];
};

export const PICKING: Readonly<Record<string, Rule>> = {
  ConstantOfShape: constantOfShape,
  Range: range,
  Gather: gather,
  OneHot: oneHot,
  Trilu: trilu,
};
