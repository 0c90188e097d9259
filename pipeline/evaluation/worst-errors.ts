import { type Row, rowKey } from '../../registry-repo/rows.ts';

/** A wrong answer, with what identifies the row without its text. */
export type WorstError = {
  /** Digest of the row's text (`rowKey`), 16 hex digits. */
  readonly row: string;
  /** Place among the rows in canonical order, by label and then text, from 1. */
  readonly at: number;
  readonly truth: string;
  readonly predicted: string;
  /** Probability of the wrong answer. */
  readonly probability: number;
};

/** The most confident wrong answers, the most confident first; of equal ones in the order of the rows. */
export function worstErrors(
  rows: readonly Row[],
  labels: readonly string[],
  answered: { readonly predicted: ArrayLike<number>; readonly probabilities: ArrayLike<number> },
  most: number,
): WorstError[] {
  const sure = (i: number) => answered.probabilities[i * labels.length + (answered.predicted[i] as number)] as number;
  const wrong: number[] = [];
  rows.forEach(({ label }, i) => {
    if (labels[answered.predicted[i] as number] !== label) wrong.push(i);
  });
  return wrong
    .sort((i, j) => sure(j) - sure(i) || i - j)
    .slice(0, most)
    .map((i) => ({
      row: rowKey((rows[i] as Row).text).toString('hex'),
      at: i + 1,
      truth: (rows[i] as Row).label,
      predicted: labels[answered.predicted[i] as number] as string,
      probability: sure(i),
    }));
}
