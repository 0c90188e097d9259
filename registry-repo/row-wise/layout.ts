import { axisOf, type Operation, UNKNOWN } from './operation.ts';
import { isOne, known, ONE, over, product, type Size, same, times } from './size.ts';
import { type Dims, free, numbers, type Rows, refuse, rows, type Value, valuesOf } from './value.ts';

// Operators that give the same numbers other axes, and those that tell of axes.

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

export const LAYOUT: Readonly<Record<string, Rule>> = {
  Identity: identity,
  Cast: cast,
  CastLike: castLike,
  Shape: shape,
  Size: size,
  Unsqueeze: unsqueeze,
  Squeeze: squeeze,
  Transpose: transpose,
  Reshape: reshape,
  Flatten: flatten,
  Expand: expand,
  Tile: tile,
};

function castLike(op: Operation): Value[] {
  const value = op.input(0);
  if (value.kind === 'rows') return [value];
  return value.kind === 'free'
    ? [free(value.dims)]
    : refuse('the size of the batch, or places in it, become other numbers');
}
