import type { Operation } from './operation.ts';
import { isOne, known, ONE, over, type Size, same, times, whole } from './size.ts';
import { type Dims, free, numbers, type Places, refuse, rows, type Value, valuesOf } from './value.ts';

/**
 * An operator that computes each number of its output from the numbers in the same place of its inputs, after ONNX's
 * broadcasting. Along the batch axis every input must have the batch, or a single slice for all texts.
 */
export function elementWise(op: Operation): Value[] {
  const given = op.inputs.filter((value) => value !== null);
  const arithmetic = onSizes(op) ?? onPlaces(op);
  if (arithmetic) return [arithmetic];
  if (given.some(({ kind }) => kind === 'sizes' || kind === 'places'))
    refuse('it computes with the size of the batch, or with places in it');
  const leading = given.find((value) => value.kind === 'rows');
  if (!leading)
    return [
      free(
        broadcast(
          given.map(({ dims }) => dims),
          op,
        ),
      ),
    ];
  const dims = given.map((value) => value.dims ?? refuse('the rank of an input is not known'));
  const rank = Math.max(...dims.map(({ length }) => length));
  const fromEnd = leading.dims.length - leading.axis;
  const own = leading.dims[leading.axis] as Size;
  given.forEach((value, i) => {
    const size = (dims[i] as Dims).at(-fromEnd);
    const reaches = (dims[i] as Dims).length >= fromEnd;
    if (value.kind !== 'rows') {
      if (reaches && !isOne(size)) refuse('along the batch it has more than one slice that belongs to no text');
    } else if (value.dims.length - value.axis !== fromEnd || !same(size as Size, own))
      refuse('the batch is on different axes of its inputs');
  });
  return [rows(broadcast(dims, op) as Dims, rank - fromEnd)];
}

/** Sizes of the result. Where the inputs' sizes differ and none of them is 1, the result's size is not known. */
export function broadcast(all: readonly (Dims | null)[], op: Pick<Operation, 'fresh'>): Dims | null {
  if (all.includes(null)) return null;
  const dims = all as readonly Dims[];
  const rank = Math.max(0, ...dims.map(({ length }) => length));
  return Array.from({ length: rank }, (_, i) => {
    const sizes = dims.flatMap((d) => d.at(i - rank) ?? []);
    const long = sizes.filter((size) => !isOne(size));
    const [first = ONE] = long;
    return long.every((size) => same(size, first)) ? first : op.fresh();
  });
}

type Arithmetic = (a: Size, b: Size) => Size | null;

const numbersOnly =
  (compute: (a: number, b: number) => number): Arithmetic =>
  (a, b) => {
    const [x, y] = [known(a), known(b)];
    const result = x === null || y === null ? Number.NaN : compute(x, y);
    return Number.isSafeInteger(result) ? whole(result) : null;
  };

/**
 * A size is not negative, so it differs from every negative number. Otherwise two sizes are compared only as they are
 * written.
 */
const equal: Arithmetic = (a, b) => {
  if (same(a, b)) return ONE;
  const [x, y] = [known(a), known(b)];
  const differ = (x !== null && y !== null) || (x !== null && x < 0) || (y !== null && y < 0);
  return differ ? whole(0) : null;
};

const ARITHMETIC: Readonly<Record<string, Arithmetic>> = {
  Add: numbersOnly((a, b) => a + b),
  Sub: numbersOnly((a, b) => a - b),
  Mul: times,
  Div: (a, b) => over(a, b),
  Min: numbersOnly(Math.min),
  Max: numbersOnly(Math.max),
  Equal: equal,
};

/** Small vectors of sizes, number by number. */
function onSizes({ node, inputs }: Operation): Value | null {
  const all = inputs.map(valuesOf);
  if (all.includes(null)) return null;
  const lists = all as readonly (readonly Size[])[];
  const length = Math.max(...lists.map((list) => list.length));
  if (lists.some((list) => list.length !== length && list.length !== 1)) return null;
  const scalar = inputs.every((value) => value?.dims?.length === 0);
  const at = (list: number, i: number) => {
    const values = lists[list] as readonly Size[];
    return values[values.length === 1 ? 0 : i] as Size;
  };
  const compute = ARITHMETIC[node.operator ?? ''];
  const results = Array.from({ length }, (_, i) => {
    if (node.operator === 'Where') return chosen(known(at(0, i)), at(1, i), at(2, i));
    return compute && lists.length === 2 ? compute(at(0, i), at(1, i)) : null;
  });
  return results.includes(null) ? null : numbers(results as Size[], scalar);
}

const chosen = (condition: number | null, yes: Size, no: Size): Size | null =>
  condition === null ? null : condition === 0 ? no : yes;

/** b · stride becomes b · (stride · size) or, once, b · stride plus less than a stride. */
function onPlaces({ node, inputs }: Operation): Value | null {
  const places = inputs.find((value) => value?.kind === 'places') as Places | undefined;
  const other = inputs.find((value) => value !== places);
  if (!places?.exact || inputs.length !== 2 || other?.kind !== 'free' || !other.dims) return null;
  const dims = broadcast([places.dims, other.dims], { fresh: () => refuse('sizes differ beside places') }) as Dims;
  const fromEnd = places.dims.length - places.axis;
  if (other.dims.length >= fromEnd && !isOne(other.dims.at(-fromEnd))) return null;
  const moved = { ...places, dims, axis: dims.length - fromEnd };
  if (node.operator === 'Mul') {
    const [by] = other.values?.length === 1 ? other.values : [];
    const stride = by && by.factor > 0 ? times(places.stride, by) : null;
    return stride && { ...moved, stride };
  }
  if (node.operator === 'Add' && other.below && same(other.below, places.stride)) return { ...moved, exact: false };
  return null;
}
