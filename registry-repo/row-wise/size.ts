/**
 * The size of an axis, as far as it is known before a graph runs: a whole number, times the size of the batch once or
 * not at all, times sizes that are known by name only ("length"). A name means the same size whatever else is in the
 * batch.
 */
export type Size = {
  readonly factor: number;
  /** Whether the size of the batch is a factor. */
  readonly batch: boolean;
  /** Sorted; a name may occur twice. */
  readonly names: readonly string[];
};

/** A size that is a number. */
export const whole = (factor: number): Size => ({ factor, batch: false, names: [] });
export const named = (name: string): Size => ({ factor: 1, batch: false, names: [name] });
export const BATCH: Size = { factor: 1, batch: true, names: [] };
export const ONE = whole(1);

/** Longer products are no use in a proof. */
const MAX_NAMES = 12;

/** @returns null if the product is no such size: it has the batch twice, or is too long */
export function times(a: Size, b: Size): Size | null {
  const factor = a.factor * b.factor;
  const names = [...a.names, ...b.names].sort();
  if ((a.batch && b.batch) || !Number.isSafeInteger(factor) || names.length > MAX_NAMES) return null;
  return { factor, batch: a.batch || b.batch, names };
}

export const product = (sizes: readonly Size[]): Size | null =>
  sizes.reduce<Size | null>((all, size) => all && times(all, size), ONE);

/** a / b, where it is exact whatever the names stand for; null otherwise. */
export function over(a: Size, b: Size): Size | null {
  if (b.factor === 0 || a.factor % b.factor !== 0 || (b.batch && !a.batch)) return null;
  const names = [...a.names];
  for (const name of b.names) {
    const at = names.indexOf(name);
    if (at < 0) return null;
    names.splice(at, 1);
  }
  return { factor: a.factor / b.factor, batch: a.batch !== b.batch, names };
}

/** Whether two sizes are the same for every batch and whatever the names stand for. */
export const same = (a: Size, b: Size): boolean =>
  a.factor === b.factor && a.batch === b.batch && a.names.join('\n') === b.names.join('\n');

/** The number, where it is one. */
export const known = (size: Size | null | undefined): number | null =>
  size && !size.batch && size.names.length === 0 ? size.factor : null;

export const isOne = (size: Size | null | undefined): boolean => known(size) === 1;
