import type { Averaging } from '../f1.ts';
import type { Confusion } from '../values.ts';
import { shown } from './finding.ts';

/** An answer that does not depend on the text, and its F1. */
export type Trivial = {
  readonly name: string;
  /** Share in [0, 1]; for drawn answers, the F1 of the expected counts. */
  readonly f1: number;
  /** The same for other rows. @param truth how many rows each label has */
  readonly on: (truth: ArrayLike<number>) => number;
};

/**
 * The best F1 without reading a text, by knowing only how common each label is: the better of always one label, and
 * labels drawn by their shares. Which single label is best follows from the measure: the positive one for a binary F1,
 * else the commonest.
 *
 * @param confusion of any model on the rows, `confusion[truth][predicted]`: only the sums of its rows count
 */
export function bestTrivial(labels: readonly string[], confusion: Confusion, averaging: Averaging): Trivial {
  const [always, drawn] = trivials(labels, confusion, averaging);
  return always.f1 >= drawn.f1 ? always : drawn;
}

/** Both of them. */
export function trivials(labels: readonly string[], confusion: Confusion, averaging: Averaging): [Trivial, Trivial] {
  const truth = confusion.map((row) => row.reduce((a, b) => a + b, 0));
  const rows = truth.reduce((a, b) => a + b, 0);
  const shares = truth.map((n) => (rows === 0 ? 0 : n / rows));
  const best = averaging.average === 'binary' ? labels.indexOf(averaging.positive) : truth.indexOf(Math.max(...truth));
  const answering = (name: string, answers: readonly number[]): Trivial => {
    const on = (counts: ArrayLike<number>) => {
      const all = sum(counts);
      const score = (k: number) =>
        labelShare((counts[k] ?? 0) * (answers[k] ?? 0), counts[k] ?? 0, all * (answers[k] ?? 0));
      return averaged(score, counts, labels, averaging);
    };
    return { name, f1: on(truth), on };
  };
  return [
    answering(
      `always ${shown(labels[best] ?? '')}`,
      labels.map((_, k) => (k === best ? 1 : 0)),
    ),
    answering('drawn by label shares', shares),
  ];
}

/** F1 of a label from its hits, the rows that have it, and the rows that were given it. */
export const labelShare = (hits: number, truth: number, predicted: number): number =>
  truth + predicted === 0 ? 0 : (2 * hits) / (truth + predicted);

/** One F1 from the labels' F1, as {@link f1} computes it exactly. @param truth how many rows each label has */
export function averaged(
  score: (label: number) => number,
  truth: ArrayLike<number>,
  labels: readonly string[],
  averaging: Averaging,
): number {
  if (averaging.average === 'binary') return score(labels.indexOf(averaging.positive));
  const macro = averaging.average === 'macro';
  let [mean, weights] = [0, 0];
  for (let k = 0; k < labels.length; k++) {
    const weight = macro ? 1 : (truth[k] ?? 0);
    mean += weight * score(k);
    weights += weight;
  }
  return weights === 0 ? 0 : mean / weights;
}

function sum(counts: ArrayLike<number>): number {
  let all = 0;
  for (let k = 0; k < counts.length; k++) all += counts[k] ?? 0;
  return all;
}
