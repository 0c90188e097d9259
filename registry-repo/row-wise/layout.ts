import { axisOf, type Operation, UNKNOWN } from './operation.ts';
import { isOne, known, ONE, over, product, type Size, same, times, whole } from './size.ts';
import { type Dims, free, numbers, type Rows, refuse, rows, type Value, valuesOf } from './value.ts';

// Operators that change where numbers are and not what they are.

type Rule = (op: Operation) => Value[];

const identity: Rule = (op) => [op.input(0)];

const [INT32, INT64] = [6, 7];

const cast: Rule = (op) => {
  const value = op.input(0);
  const to = op.int('to', 0);
  if (value.kind === 'rows' || to === INT32 || to === INT64) return [value];
  if (value.kind === 'free') return [free(value.dims)];
  return refuse('the size of the batch, or places in it, become other numbers');
};

const shape: Rule = (op) => {
  const { dims } = op.input(0);
  if (!dims) return [free(null)];
  const bounded = (at: number) => Math.min(Math.max(at < 0 ? at + dims.length : at, 0), dims.length);
  return [numbers(dims.slice(bounded(op.int('start', 0)), bounded(op.int('end', dims.length))), false)];
};

const size: Rule = (op) => {
  const { dims } = op.input(0);
  const all = dims && product(dims);
  return all ? [numbers([all], true)] : refuse('how many numbers there are is not known');
};

const unsqueeze: Rule = (op) => {
  const value = op.input(0);
  if (!value.dims) return [free(null)];
  const added = op.list('axes', 1) ?? refuse('which axes is not said');
  const rank = value.dims.length + added.length;
  const at = new Set(added.map((axis) => axisOf(axis, rank)));
  if (at.size !== added.length) refuse('an axis is added twice');
  const from = value.dims.values();
  const dims = Array.from({ length: rank }, (_, i) => (at.has(i) ? ONE : (from.next().value as Size)));
  return [moved(value, dims, (axis) => nth(rank, at, axis))];
};

/** The place of the `axis`th axis among those that are not in `without`. */
const nth = (rank: number, without: ReadonlySet<number>, axis: number): number =>
  Array.from({ length: rank }, (_, i) => i).filter((i) => !without.has(i))[axis] as number;

const squeeze: Rule = (op) => {
  const value = op.input(0);
  if (!value.dims) return [free(null)];
  const { dims } = value;
  const removed = op.axes(dims.length, 1);
  if (!removed)
    return value.kind === 'free' ? [free(null)] : refuse('every axis of size 1 goes, and a batch may be one text');
  if ('axis' in value && removed.includes(value.axis)) refuse('the axis of the batch goes');
  const left = dims.filter((_, i) => !removed.includes(i));
  return [moved(value, left, (axis) => axis - removed.filter((i) => i < axis).length)];
};

const transpose: Rule = (op) => {
  const value = op.input(0);
  const { dims } = value;
  if (value.kind === 'sizes' || value.kind === 'places') return refuse('places are turned');
  if (!dims) return [free(null)];
  const order = op.ints('perm') ?? dims.map((_, i) => dims.length - 1 - i);
  if (order.length !== dims.length || new Set(order.map((i) => axisOf(i, dims.length))).size !== dims.length)
    refuse('its order of axes is none');
  const turned = order.map((i) => dims[i] as Size);
  return [value.kind === 'free' ? free(turned) : rows(turned, order.indexOf(value.axis))];
};

/** The same numbers in the same order, with other axes. */
function moved(value: Value, dims: Dims, axisNow: (axis: number) => number): Value {
  if (value.kind === 'rows') return rows(dims, axisNow(value.axis));
  if (value.kind === 'places') return { ...value, dims, axis: axisNow(value.axis) };
  if (value.kind === 'sizes' && dims.length > 1) return refuse('sizes of the batch stand in a table');
  return { ...value, dims };
}

const reshape: Rule = (op) => {
  const value = op.input(0);
  const wanted = valuesOf(op.inputs[1]);
  if (value.kind === 'sizes' || value.kind === 'places')
    return value.kind === 'sizes' && wanted?.length === 1 && [known(wanted[0]), value.values.length].includes(-1)
      ? [numbers(value.values, false)]
      : refuse('numbers of the batch are laid out anew');
  if (value.kind === 'free') {
    if (value.values && wanted?.length === 1 && known(wanted[0]) === -1) return [numbers(value.values, false)];
    return [
      free(
        wanted && value.dims
          ? resolved(op, value.dims, wanted)
          : op.input(1).kind === 'free'
            ? null
            : refuse('the new axes depend on the batch'),
      ),
    ];
  }
  if (!wanted) return refuse('the new axes are not known before it runs');
  const dims = resolved(op, value.dims, wanted);
  return [rows(dims, axisAfter(value, dims, wanted))];
};

/** The requested axes, with 0 and −1 resolved; a size that is not known where that cannot be done. */
function resolved(op: Operation, dims: Dims, wanted: readonly Size[]): Dims {
  const copies = op.int('allowzero', 0) === 0;
  const given = wanted.map((size, i) =>
    copies && known(size) === 0 ? (dims[i] ?? refuse('an axis is copied that is not there')) : size,
  );
  const [all, others] = [product(dims), product(given.filter((size) => known(size) !== -1))];
  const rest = all && others && over(all, others);
  return given.map((size) => (known(size) === -1 ? (rest ?? op.fresh()) : size));
}

/**
 * The batch axis after numbers were laid out again. If it was the first axis, it stays the first, because each text's
 * numbers stay in one piece. If the axes up to it are the same as before, it keeps its place.
 */
function axisAfter({ dims: before, axis }: Rows, after: Dims, wanted: readonly Size[]): number {
  if (after.length > axis && before.slice(0, axis + 1).every((size, i) => same(size, after[i] as Size))) return axis;
  if (axis !== 0 || !after[0]?.batch) return refuse('it lays numbers out anew across the batch');
  // Zero would mean "as before", so a factor that might be zero cannot be used.
  if (known(wanted[0]) !== -1 && after[0].names.some((name) => name.startsWith(UNKNOWN)))
    return refuse('the first axis is not known well enough');
  return 0;
}

const flatten: Rule = (op) => {
  const value = op.input(0);
  if (value.kind === 'free') return [free(null)];
  const { dims, axis } = op.rows(0);
  const at = op.int('axis', 1);
  const split = at === dims.length ? at : axisOf(at, dims.length);
  const [outer, inner] = [product(dims.slice(0, split)), product(dims.slice(split))];
  if (axis !== 0 || split === 0 || !outer) return refuse('it lays numbers out anew across the batch');
  return [rows([outer, inner ?? op.fresh()], 0)];
};

const expand: Rule = (op) => {
  const value = op.input(0);
  const wanted = valuesOf(op.inputs[1]);
  if (value.kind !== 'free' && value.kind !== 'rows') return refuse('places are repeated');
  if (!wanted || !value.dims)
    return value.kind === 'free' && op.input(1).kind === 'free'
      ? [free(null)]
      : refuse('the new axes are not known before it runs');
  const rank = Math.max(value.dims.length, wanted.length);
  const from = (sizes: Dims, i: number): Size =>
    sizes.at(i - rank + sizes.length >= 0 ? i - rank : sizes.length) ?? ONE;
  const dims = Array.from({ length: rank }, (_, i) => {
    const [own, target] = [from(value.dims as Dims, i), from(wanted, i)];
    if (same(own, target) || isOne(target)) return own;
    if (isOne(own)) return target;
    return own.batch || target.batch ? refuse('along the batch it has another size') : op.fresh();
  });
  if (value.kind === 'rows') return [rows(dims, rank - value.dims.length + value.axis)];
  const own = dims.findIndex(({ batch }) => batch);
  return [own < 0 ? free(dims) : rows(dims, own)];
};

const tile: Rule = (op) => {
  const value = op.input(0);
  if (op.allFree) return [free(null)];
  const { dims, axis } = op.rows(0);
  const repeats = valuesOf(op.input(1)) ?? refuse('how often is not known before it runs');
  if (repeats.length !== dims.length || !isOne(repeats[axis])) refuse('the batch is repeated');
  return [
    moved(
      value,
      dims.map((own, i) => times(own, repeats[i] as Size) ?? op.fresh()),
      (same) => same,
    ),
  ];
};

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

export const LAYOUT: Readonly<Record<string, Rule>> = {
  ...{
    Identity: identity,
    Cast: cast,
    CastLike: castLike,
    Shape: shape,
    Size: size,
    Unsqueeze: unsqueeze,
    Squeeze: squeeze,
  },
  ...{
    Transpose: transpose,
    Reshape: reshape,
    Flatten: flatten,
    Expand: expand,
    Tile: tile,
    Concat: concat,
    Split: split,
  },
  ...{
    Slice: slice,
    Pad: pad,
    ConstantOfShape: constantOfShape,
    Range: range,
    Gather: gather,
    OneHot: oneHot,
    Trilu: trilu,
  },
};

function castLike(op: Operation): Value[] {
  const value = op.input(0);
  if (value.kind === 'rows') return [value];
  return value.kind === 'free'
    ? [free(value.dims)]
    : refuse('the size of the batch, or places in it, become other numbers');
}
