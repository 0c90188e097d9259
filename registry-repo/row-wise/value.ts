import { BATCH, ONE, type Size, same } from './size.ts';

/** The axes of a tensor. */
export type Dims = readonly Size[];

/**
 * What is known of a tensor before the graph runs.
 *
 * - `free`: it depends neither on a text nor on the size of the batch. `values` are given for small whole numbers, each
 *   a size; `below` says that all its numbers are whole, not negative and smaller than that.
 * - `sizes`: whole numbers of which some depend on the size of the batch. They may only be used to lay out a tensor.
 * - `rows`: along one axis, the batch axis, each slice depends on its own text alone, in the same way for every text.
 *   The axis is as long as the batch or, where other axes were merged into it behind the texts, a multiple of it.
 * - `places`: along one axis, the batch axis, whole numbers; those of text b lie in [b · stride, (b + 1) · stride).
 *   They may only be used to say where a text's own numbers are.
 */
export type Value =
  | { readonly kind: 'free'; readonly dims: Dims | null; readonly values?: readonly Size[]; readonly below?: Size }
  | { readonly kind: 'sizes'; readonly dims: Dims; readonly values: readonly Size[] }
  | { readonly kind: 'rows'; readonly dims: Dims; readonly axis: number }
  | {
      readonly kind: 'places';
      readonly dims: Dims;
      readonly axis: number;
      readonly stride: Size;
      readonly exact: boolean;
    };

export type Rows = Extract<Value, { kind: 'rows' }>;
export type Places = Extract<Value, { kind: 'places' }>;
export type Free = Extract<Value, { kind: 'free' }>;

/** The proof cannot go on; the message says why. */
export class NotProvenError extends Error {}

export const refuse = (why: string): never => {
  throw new NotProvenError(why);
};

/** @throws {NotProvenError} where the batch is a factor of an axis */
export function free(dims: Dims | null): Free {
  if (dims?.some(({ batch }) => batch)) refuse('a size depends on the batch');
  return { kind: 'free', dims };
}

/** Makes `rows`. The batch may be a factor of its own axis only. */
export function rows(dims: Dims, axis: number): Rows {
  if (!dims[axis]?.batch) refuse('the batch is lost in a size that is not known');
  if (dims.some((size, i) => i !== axis && size.batch)) refuse('two axes are as long as the batch');
  return { kind: 'rows', dims, axis };
}

/**
 * Whole numbers, each a size: `free` or `sizes`, depending on whether they contain the batch. @param scalar or a vector
 */
export function numbers(values: readonly Size[], scalar: boolean): Value {
  const dims: Dims = scalar ? [] : [{ ...ONE, factor: values.length }];
  return values.some(({ batch }) => batch) ? { kind: 'sizes', dims, values } : { kind: 'free', dims, values };
}

/** Whether the axis is as long as the batch, with nothing merged into it. */
export const isPlain = ({ dims, axis }: Rows): boolean => same(dims[axis] as Size, BATCH);

/** @returns the values of a small vector or number; null where they are not known */
export function valuesOf(value: Value | null | undefined): readonly Size[] | null {
  if ((value?.kind !== 'free' && value?.kind !== 'sizes') || !value.dims || value.dims.length > 1) return null;
  return value.values ?? null;
}
