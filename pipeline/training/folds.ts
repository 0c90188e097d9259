import { Random } from '../../registry-repo/random.ts';

/** A fold: rows to learn from, and rows to hold out. */
export type Fold = { readonly rows: Int32Array; readonly held: Int32Array };

/**
 * Which fold each text is in: folds of about equal size, and equal texts in the same fold.
 *
 * @param name decides it, with the texts
 */
export function partsOf(texts: readonly string[], parts: number, name: string): Int32Array {
  const distinct = [...new Set(texts)];
  const order = Int32Array.from(distinct.keys());
  Random.named(name).shuffle(order);
  const of = new Map(Array.from(order, (i, at) => [distinct[i] as string, at % parts]));
  return Int32Array.from(texts, (text) => of.get(text) as number);
}

/** The folds: every row is held out once. */
export function foldsOf(part: Int32Array): Fold[] {
  const parts = part.reduce((most, own) => Math.max(most, own + 1), 0);
  const everyRow = Int32Array.from(part.keys());
  return Array.from({ length: parts }, (_, held) => ({
    rows: everyRow.filter((row) => part[row] !== held),
    held: everyRow.filter((row) => part[row] === held),
  }));
}

/** The scores of all rows, from those of each fold's held-out rows. */
export function gathered(folds: readonly Fold[], scores: readonly Float64Array[], rows: number): Float64Array {
  const all = new Float64Array(rows);
  folds.forEach(({ held }, fold) => {
    for (const [i, row] of held.entries()) all[row] = scores[fold]?.[i] as number;
  });
  return all;
}
