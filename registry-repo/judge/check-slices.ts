import { MalformedCountsError } from '../f1.ts';
import { SLICES, type Slice } from '../slices.ts';
import type { Confusion } from '../values.ts';
import type { Measured } from './evidence.ts';

/**
 * Checks that the slices add up to the whole: every row is in exactly one of the three. @throws {MalformedCountsError}
 */
export function checkSlices({ candidate, baseline }: Measured, slices: readonly Slice[]): void {
  const [first, second, third] = slices.map((s) => s.upTo);
  const ordered = first != null && second != null && first <= second && third === null;
  if (slices.map((s) => s.name).join() !== SLICES.join() || !ordered)
    throw new MalformedCountsError(`the slices are not ${SLICES.join(', ')} texts`);
  const sums = (of: (slice: Slice) => Confusion | null, whole: Confusion) =>
    slices.every((s) => fits(of(s), whole)) &&
    whole.every((row, i) => row.every((n, j) => n === total(slices.map((s) => of(s)?.[i]?.[j] ?? 0))));
  if (!sums((s) => s.candidate, candidate) || (baseline && !sums((s) => s.baseline, baseline)))
    throw new MalformedCountsError('the slices do not add up to the whole');
  for (const { name, rows, candidate: mine, baseline: theirs } of slices)
    if (total(mine.flat()) !== rows || (theirs === null) !== (baseline === null) || (theirs && !sameRows(mine, theirs)))
      throw new MalformedCountsError(`the counts of the ${name} texts are not of the same rows`);
}

const total = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0);
const fits = (part: Confusion | null, whole: Confusion): boolean =>
  part?.length === whole.length && part.every((row, i) => row.length === whole[i]?.length);
const sameRows = (a: Confusion, b: Confusion): boolean => a.every((row, i) => total(row) === total(b[i] ?? []));
