import { type Averaging, checkCounts } from '../../registry-repo/f1.ts';
import type { Confusion } from '../../registry-repo/values.ts';
import { labelMetrics } from './metrics.ts';

/** An interval; both ends are shares in [0, 1]. */
export type Interval = { readonly low: number; readonly high: number };

/** How often an interval holds the true figure, over many evaluation sets of the same kind. */
export const CONFIDENCE = 0.95;

/** The 97.5 % point of the normal distribution. */
const Z = 1.959963984540054;

/**
 * The interval of a share that was seen as `hits` of `of`: Wilson's score interval, which stays in [0, 1] and has a
 * width even if everything was right.
 *
 * @returns null for 0 of 0
 * @see Wilson (1927), J. Am. Stat. Assoc. 22:209
 */
export function wilson(hits: number, of: number): Interval | null {
  if (of === 0) return null;
  const share = hits / of;
  const scale = 1 + (Z * Z) / of;
  const centre = share + (Z * Z) / (2 * of);
  const spread = Z * Math.sqrt((share * (1 - share)) / of + (Z * Z) / (4 * of * of));
  // At the ends the two terms are equal; rounding must not move the end past what was measured.
  const low = hits === 0 ? 0 : Math.max(0, (centre - spread) / scale);
  const high = hits === of ? 1 : Math.min(1, (centre + spread) / scale);
  return { low, high };
}

/**
 * The interval of one label's F1. F1 = 2s / (1 + s), where s is the share of hits among the rows that have the label or
 * were given it; given how many those are, the hits are binomial, so Wilson's interval for s becomes one for F1.
 *
 * @returns null for a label that no row has and none was given
 * @see Lam (2023), arXiv:2309.14621, the "Wilson indirect" method
 */
export function labelF1Interval(confusion: Confusion, label: number): Interval | null {
  const hits = confusion[label]?.[label] ?? 0;
  const truth = (confusion[label] ?? []).reduce((a, b) => a + b, 0);
  const predicted = confusion.reduce((sum, row) => sum + (row[label] ?? 0), 0);
  const share = wilson(hits, truth + predicted - hits);
  const toF1 = (s: number) => (2 * s) / (1 + s);
  return share && { low: toF1(share.low), high: toF1(share.high) };
}

/**
 * The interval of the mean F1 over the labels that have rows: the delta method on the counts as one multinomial draw,
 * cut at 0 and 1. Good for large counts; with a few dozen rows for each label it is somewhat too narrow.
 *
 * @param average `weighted` weighs by rows, `macro` does not
 * @returns null if the method sees no variance at all (no rows, all right, or all wrong), which says nothing about the
 *   truth
 * @see Takahashi, Yamamoto, Kuchiba & Koyama (2022), Appl. Intell. 52:4961, for macro; weighted is the same with
 *   weights
 */
export function meanF1Interval(
  labels: readonly string[],
  confusion: Confusion,
  average: 'macro' | 'weighted',
): Interval | null {
  const each = labelMetrics(labels, confusion);
  const rows = each.reduce((sum, e) => sum + e.rows, 0);
  const present = each.filter((e) => e.rows > 0).length;
  const slopes = each.map((e, k) => {
    const predicted = confusion.reduce((sum, row) => sum + (row[k] ?? 0), 0);
    const both = (e.rows + predicted) / rows; // p(truth = k) + p(answer = k)
    const weight = average === 'weighted' ? e.rows / rows : e.rows > 0 ? 1 / present : 0;
    return both === 0
      ? { hit: 0, row: 0, column: 0, f1: 0, weight }
      : {
          hit: (2 * weight) / both,
          row: (-weight * e.f1) / both + (average === 'weighted' ? e.f1 : 0),
          column: (-weight * e.f1) / both,
          f1: e.f1,
          weight,
        };
  });
  let [first, second] = [0, 0];
  confusion.forEach((counts, i) => {
    counts.forEach((count, j) => {
      const slope = (slopes[i]?.row ?? 0) + (slopes[j]?.column ?? 0) + (i === j ? (slopes[i]?.hit ?? 0) : 0);
      first += (count / rows) * slope;
      second += (count / rows) * slope * slope;
    });
  });
  const variance = (second - first * first) / rows;
  const mean = slopes.reduce((sum, { f1, weight }) => sum + weight * f1, 0);
  if (!(variance > 1e-18) || rows === 0) return null;
  const spread = Z * Math.sqrt(variance);
  return { low: Math.max(0, mean - spread), high: Math.min(1, mean + spread) };
}

/**
 * The interval of the difference of two shares of the same rows, `won` of them right with the first only, `lost` with
 * the second only: Wald's interval with half a row added to each cell, which keeps its coverage for small counts too.
 *
 * @returns differences in [−1, 1]; null without rows
 * @see Agresti & Min (2005), Stat. Med. 24:729
 */
export function pairedInterval(won: number, lost: number, rows: number): Interval | null {
  if (rows === 0) return null;
  const [b, c, n] = [won + 0.5, lost + 0.5, rows + 2];
  const difference = (b - c) / n;
  const spread = (Z * Math.sqrt(b + c - (b - c) ** 2 / n)) / n;
  return { low: Math.max(-1, difference - spread), high: Math.min(1, difference + spread) };
}

/**
 * The interval of the F1 that a policy compares; null if none can be computed, as for counts that do not fit the
 * labels.
 */
export function f1Interval(labels: readonly string[], confusion: Confusion, averaging: Averaging): Interval | null {
  if (confusion.length !== labels.length || confusion.some((row) => row.length !== labels.length)) return null;
  return averaging.average === 'binary'
    ? labelF1Interval(confusion, labels.indexOf(averaging.positive))
    : meanF1Interval(labels, confusion, averaging.average);
}

/**
 * Intervals for those figures of `metricsOf` that have one, under the same names; left out if none can be computed.
 *
 * @param positive as there
 * @throws {MalformedCountsError} unless there is one row and one column for each label
 */
export function intervalsOf(
  labels: readonly string[],
  confusion: Confusion,
  positive: string | null = null,
): Record<string, Interval> {
  checkCounts(labels, confusion);
  const rows = confusion.flat().reduce((a, b) => a + b, 0);
  const right = confusion.reduce((sum, row, k) => sum + (row[k] ?? 0), 0);
  const found: [string, Interval | null][] = [
    ['accuracy', wilson(right, rows)],
    ['f1', positive === null ? null : labelF1Interval(confusion, labels.indexOf(positive))],
    ['f1_macro', meanF1Interval(labels, confusion, 'macro')],
    ['f1_weighted', meanF1Interval(labels, confusion, 'weighted')],
    ...labels.map((label, k): [string, Interval | null] => [`f1[${label}]`, labelF1Interval(confusion, k)]),
  ];
  return Object.fromEntries(found.filter((entry): entry is [string, Interval] => entry[1] !== null));
}
