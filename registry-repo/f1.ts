import { RegistryError } from './errors.ts';
import { type Fraction, fraction, plus, times, ZERO } from './fraction.ts';
import type { Confusion } from './values.ts';

/** How the F1 of single labels becomes one number; `positive` is the label that binary F1 looks at. */
export type Averaging =
  | { readonly average: 'binary'; readonly positive: string }
  | { readonly average: 'macro' | 'weighted'; readonly positive: null };

/** The counts are no confusion matrix of these labels. */
export class MalformedCountsError extends RegistryError {
  readonly code = 'malformed_counts';
}

/** @throws {MalformedCountsError} unless there is one row and one column for each label */
export function checkCounts(labels: readonly string[], confusion: Confusion): void {
  const square = confusion.length === labels.length && confusion.every((row) => row.length === labels.length);
  if (!square) throw new MalformedCountsError(`${labels.length} labels need ${labels.length}×${labels.length} counts`);
}

/**
 * Exact F1 of one label: 2·TP / (2·TP + FP + FN); 0 where that is 0/0, as scikit-learn's zero_division=0.
 *
 * @param confusion `confusion[truth][predicted]`
 */
export function labelF1(confusion: Confusion, label: number): Fraction {
  const hits = confusion[label]?.[label] ?? 0;
  const truth = (confusion[label] ?? []).reduce((a, b) => a + b, 0);
  const predicted = confusion.reduce((sum, row) => sum + (row[label] ?? 0), 0);
  return truth + predicted === 0 ? ZERO : fraction(2 * hits, truth + predicted);
}

/**
 * Exact F1 of an evaluation: of the positive label, or the mean over labels, plain (macro) or weighted by their rows.
 *
 * @returns a share in [0, 1]; 0 for an evaluation without rows
 * @throws {MalformedCountsError} counts that do not fit the labels, or a positive label that is none of them
 */
export function f1(labels: readonly string[], confusion: Confusion, averaging: Averaging): Fraction {
  checkCounts(labels, confusion);
  if (averaging.average === 'binary') {
    const positive = labels.indexOf(averaging.positive);
    if (positive < 0)
      throw new MalformedCountsError(`the positive label "${averaging.positive}" is none of ${labels.join(', ')}`);
    return labelF1(confusion, positive);
  }
  const weights = labels.map((_, k) =>
    averaging.average === 'macro' ? 1 : (confusion[k] ?? []).reduce((a, b) => a + b, 0),
  );
  const total = weights.reduce((a, b) => a + b, 0);
  if (total === 0) return ZERO;
  return weights.reduce((sum, weight, k) => plus(sum, times(fraction(weight, total), labelF1(confusion, k))), ZERO);
}

/**
 * Exact F1 over the labels that have rows: for a part of an evaluation set, or for rows from elsewhere, where a label
 * may have none. If the model answers with such a label, that is an error of the row's own label, and lowers its F1.
 *
 * @returns `present`: how many labels have rows; null if there is no F1: no rows, or none of the positive label
 * @throws {MalformedCountsError} as {@link f1}
 */
export function presentF1(
  labels: readonly string[],
  confusion: Confusion,
  averaging: Averaging,
): { f1: Fraction; present: number } | null {
  const whole = f1(labels, confusion, averaging);
  const present = labels.flatMap((_, k) => ((confusion[k] ?? []).some((n) => n > 0) ? [k] : []));
  if (present.length === 0) return null;
  if (averaging.average === 'binary' && !present.includes(labels.indexOf(averaging.positive))) return null;
  if (averaging.average !== 'macro') return { f1: whole, present: present.length };
  const share = fraction(1, present.length);
  return {
    f1: present.reduce((sum, k) => plus(sum, times(share, labelF1(confusion, k))), ZERO),
    present: present.length,
  };
}
