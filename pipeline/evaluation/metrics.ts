import { checkCounts, f1, labelF1, presentF1 } from '../../registry-repo/f1.ts';
import { toNumber } from '../../registry-repo/fraction.ts';
import type { Confusion } from '../../registry-repo/values.ts';

/** Figures of a model on the rows of one label; shares in [0, 1]. */
export type LabelMetrics = {
  readonly label: string;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Rows that have the label. */
  readonly rows: number;
};

/** @throws {MalformedCountsError} unless there is one row and one column for each label */
export function labelMetrics(labels: readonly string[], confusion: Confusion): LabelMetrics[] {
  checkCounts(labels, confusion);
  const { truth, predicted, hits } = marginals(confusion);
  return labels.map((label, k) => ({
    label,
    precision: ratio(hits[k] as number, predicted[k] as number),
    recall: ratio(hits[k] as number, truth[k] as number),
    f1: toNumber(labelF1(confusion, k)),
    rows: truth[k] as number,
  }));
}

/**
 * Every figure that confusion counts give, named and defined as in scikit-learn with `zero_division=0` and, as
 * `labels`, those that have rows. So means over labels are over labels with rows; a label without predictions counts as
 * 0. If every label has rows, that is scikit-learn's mean over all. What is 0/0 is 0, also where scikit-learn gives NaN
 * (`kappa` if truth and answers are one and the same label).
 *
 * @param confusion `confusion[truth][predicted]`
 * @param positive the label that `precision`, `recall` and `f1` are of; without one these three are left out, because
 *   no label is special
 * @returns shares in [0, 1], but `mcc` and `kappa` in [−1, 1]; `precision[x]`, `recall[x]` and `f1[x]` for each label
 *   x. Where every row has one label, the three of `_micro` are the accuracy. F1 comes from exact fractions, as the
 *   gate compares it.
 * @throws {MalformedCountsError} unless there is one row and one column for each label
 * @see Gorodkin (2004), Comput. Biol. Chem. 28:367, for MCC of more than two labels; Cohen (1960) for kappa
 */
export function metricsOf(
  labels: readonly string[],
  confusion: Confusion,
  positive: string | null = null,
): Record<string, number> {
  const each = labelMetrics(labels, confusion);
  const one = positive === null ? undefined : each[labels.indexOf(positive)];
  const { truth, predicted, hits, rows } = marginals(confusion);
  const right = sum(hits);
  const present = each.filter((label) => label.rows > 0);
  const mean = (of: (label: LabelMetrics) => number) => ratio(sum(present.map(of)), present.length);
  const weighted = (of: (label: LabelMetrics) => number) => ratio(sum(each.map((e) => e.rows * of(e))), rows);
  const macro = presentF1(labels, confusion, { average: 'macro', positive: null });
  return {
    accuracy: ratio(right, rows),
    balanced_accuracy: ratio(sum(present.map((e) => e.recall)), present.length),
    ...(one && { precision: one.precision, recall: one.recall, f1: one.f1 }),
    precision_micro: ratio(right, rows),
    recall_micro: ratio(right, rows),
    f1_micro: ratio(right, rows),
    precision_macro: mean((e) => e.precision),
    recall_macro: mean((e) => e.recall),
    f1_macro: macro ? toNumber(macro.f1) : 0,
    precision_weighted: weighted((e) => e.precision),
    recall_weighted: weighted((e) => e.recall),
    f1_weighted: toNumber(f1(labels, confusion, { average: 'weighted', positive: null })),
    mcc: matthews({ truth, predicted, right, rows }),
    kappa: cohen({ truth, predicted, right, rows }),
    ...Object.fromEntries(
      each.flatMap((e) => [
        [`precision[${e.label}]`, e.precision],
        [`recall[${e.label}]`, e.recall],
        [`f1[${e.label}]`, e.f1],
      ]),
    ),
  };
}

function marginals(confusion: Confusion) {
  const truth = confusion.map(sum);
  const predicted = confusion.map((_, k) => sum(confusion.map((row) => row[k] ?? 0)));
  return { truth, predicted, hits: confusion.map((row, k) => row[k] ?? 0), rows: sum(truth) };
}

type Totals = {
  readonly truth: readonly number[];
  readonly predicted: readonly number[];
  readonly right: number;
  readonly rows: number;
};

function matthews({ truth, predicted, right, rows }: Totals): number {
  const both = right * rows - dot(truth, predicted);
  const spread = (counts: readonly number[]) => Math.max(0, rows * rows - dot(counts, counts));
  return ratio(both, Math.sqrt(spread(truth) * spread(predicted)));
}

function cohen({ truth, predicted, right, rows }: Totals): number {
  const byChance = dot(truth, predicted);
  return ratio(right * rows - byChance, rows * rows - byChance);
}

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
const dot = (a: readonly number[], b: readonly number[]): number => sum(a.map((x, i) => x * (b[i] as number)));
