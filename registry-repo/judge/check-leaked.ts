import { checkCounts, MalformedCountsError } from '../f1.ts';
import type { Confusion } from '../values.ts';
import type { Evidence, Measured } from './evidence.ts';

/**
 * Checks the leaked rows: rows of the evaluation set, counted by label, and apart from those that decide.
 *
 * @throws {MalformedCountsError} also if evidence of today's form does not list them apart
 */
export function checkLeaked({ schema, evaluation, leakedRows, leaked, measured }: Evidence): void {
  if ((leaked !== undefined) !== (schema !== undefined && leakedRows !== null))
    throw new MalformedCountsError('leaked rows are told by label, by every gate but the first ones');
  const apart = measured?.leaked;
  if ((apart !== undefined) !== (measured !== null && leaked !== undefined && leakedRows !== 0))
    throw new MalformedCountsError('leaked rows are counted apart');
  if (!leaked) return;
  const { perLabel, distinct, labels } = { ...leaked, labels: evaluation.labels };
  const within = (part: readonly number[], whole: readonly number[]) =>
    part.length === labels.length && part.every((rows, k) => rows <= (whole[k] ?? 0));
  if (!within(perLabel, evaluation.perLabel) || !within(distinct, evaluation.distinct) || !within(distinct, perLabel))
    throw new MalformedCountsError('more leaked rows are told of a label than it has');
  if (total(perLabel) !== leakedRows)
    throw new MalformedCountsError(`${leakedRows} leaked rows are told, ${total(perLabel)} by label`);
  if (!apart || !measured) return;
  if ((apart.baseline === null) !== (measured.baseline === null))
    throw new MalformedCountsError('leaked rows are counted for both models, or for the only one');
  for (const confusion of [apart.candidate, ...(apart.baseline ? [apart.baseline] : [])]) {
    checkCounts(labels, confusion);
    if (confusion.some((row, k) => total(row) !== perLabel[k]))
      throw new MalformedCountsError('the counts of leaked rows are not of those rows');
  }
}

/** The counts on all rows, leaked or not. */
export function withLeaked({ candidate, baseline, leaked }: Measured): Pick<Measured, 'candidate' | 'baseline'> {
  if (!leaked) return { candidate, baseline };
  return {
    candidate: sum(candidate, leaked.candidate),
    baseline: baseline && leaked.baseline && sum(baseline, leaked.baseline),
  };
}

const total = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0);
const sum = (a: Confusion, b: Confusion): number[][] =>
  a.map((row, i) => row.map((count, j) => count + (b[i]?.[j] ?? 0)));
