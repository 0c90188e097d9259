import * as z from 'zod';
import { noCounts } from './evaluation.ts';
import { type Confusion, Count, Counts } from './values.ts';

/** Thirds of an evaluation set by the length of its texts, the shortest first. */
export const SLICES = ['short', 'medium', 'long'] as const;
export const SliceName = z.enum(SLICES);
export type SliceName = z.infer<typeof SliceName>;

/** Results of both models on one slice of the rows: counts, and where the slice ends, but never which row. */
export const Slice = z.strictObject({
  name: SliceName,
  /**
   * Length of the longest text in the slice, in characters (code points); null: no end. It starts after the one before.
   */
  upTo: Count.nullable(),
  rows: Count,
  candidate: Counts,
  baseline: Counts.nullable(),
});
export type StoredSlice = z.infer<typeof Slice>;
/** The form that judgements compute with. */
export type Slice = Omit<StoredSlice, 'candidate' | 'baseline'> & {
  readonly candidate: Confusion;
  readonly baseline: Confusion | null;
};

/** Counts grow with the square of the labels, so with more labels than this there are no slices. */
export const MAX_SLICED_LABELS = 100;

/** Which texts are in which slice. */
export type Slicing = {
  readonly upTo: readonly (number | null)[];
  /** For each text the index of its slice. */
  readonly of: Uint8Array;
};

/**
 * Cuts texts into thirds by their length. Texts of one length stay together, so that the length alone decides the
 * slice. If many are equally long, the thirds are not equal and may be empty.
 */
export function sliceByLength(texts: readonly string[]): Slicing {
  const lengths = Uint32Array.from(texts, characters);
  const sorted = lengths.slice().sort();
  const end = (third: number): number => sorted[Math.ceil((third * sorted.length) / 3) - 1] ?? 0;
  const upTo = [end(1), end(2)] as const;
  return {
    upTo: [...upTo, null],
    of: Uint8Array.from(lengths, (length) => (length <= upTo[0] ? 0 : length <= upTo[1] ? 1 : 2)),
  };
}

/** Length as people count it: an emoji beyond the basic plane counts as one. */
function characters(text: string): number {
  let n = 0;
  for (const _ of text) n++;
  return n;
}

/** A confusion matrix of zeros for each slice. */
export const noSliceCounts = (labels: number): number[][][] => SLICES.map(() => noCounts(labels));

/** Puts the counts together; `null` for the baseline: there is none. */
export function slicesOf(
  { upTo, of }: Slicing,
  candidate: readonly number[][][],
  baseline: readonly number[][][] | null,
): Slice[] {
  const rows = SLICES.map(() => 0);
  for (const slice of of) rows[slice] = (rows[slice] ?? 0) + 1;
  return SLICES.map((name, s) => ({
    name,
    upTo: upTo[s] ?? null,
    rows: rows[s] ?? 0,
    candidate: candidate[s] as number[][],
    baseline: baseline && (baseline[s] as number[][]),
  }));
}
