import { type Averaging, presentF1 } from '../../registry-repo/f1.ts';
import { toNumber } from '../../registry-repo/fraction.ts';
import { Random } from '../../registry-repo/random.ts';
import { CONFIDENCE, type Interval } from './intervals.ts';

/** Enough for the ends of a 95 % interval: about fifty samples lie beyond each. */
const SAMPLES = 2000;

/** With fewer rows of a label than this, drawing from them again tells little of the label. */
export const LEAST_ROWS = 10;

/**
 * With more labels there is no bootstrap: each sample is counted in its own matrix, which grows with the square of the
 * labels.
 */
const MOST_LABELS = 50;

/** The answers of one or two models to the same rows: indices into the labels, row by row. */
export type Answered = { readonly truth: ArrayLike<number>; readonly predicted: readonly ArrayLike<number>[] };

/**
 * Intervals of F1 by the percentile bootstrap: as many rows as there are are drawn, with repetition, 2,000 times. With
 * two models the same rows are drawn for both, so that what is hard for both cancels.
 *
 * @param seed names the sequence of draws: the same seed and rows give the same interval
 * @returns an interval for each model and, for two, one for the first's F1 minus the second's. Null in its place if
 *   every sample gives the same, as for a model that is always right: then a width cannot be estimated. Null in all: no
 *   rows, more than 50 labels, a label with fewer than ten rows but more than none, or no rows of the positive label
 * @see Efron & Tibshirani (1993), "An Introduction to the Bootstrap", ch. 13; Koehn (2004), EMNLP, for pairs
 */
export function bootstrapF1(
  labels: readonly string[],
  answered: Answered,
  averaging: Averaging,
  seed: string,
): { each: (Interval | null)[]; difference: Interval | null } | null {
  const { truth, predicted } = answered;
  const rows = truth.length;
  if (rows === 0 || labels.length > MOST_LABELS || fewRows(labels, truth).length > 0) return null;
  if (averaging.average === 'binary' && !has(truth, labels.indexOf(averaging.positive))) return null;
  const k = labels.length;
  const random = Random.named(`bootstrap ${seed}`);
  const samples = predicted.map(() => new Float64Array(SAMPLES));
  for (let sample = 0; sample < SAMPLES; sample++) {
    const counts = predicted.map(() => new Uint32Array(k * k));
    for (let i = 0; i < rows; i++) {
      const row = random.below(rows);
      for (let m = 0; m < predicted.length; m++) {
        const cell = (truth[row] as number) * k + ((predicted[m] as ArrayLike<number>)[row] as number);
        const matrix = counts[m] as Uint32Array;
        matrix[cell] = (matrix[cell] as number) + 1;
      }
    }
    counts.forEach((matrix, m) => {
      const confusion = labels.map((_, t) => Array.from(matrix.subarray(t * k, (t + 1) * k)));
      const found = presentF1(labels, confusion, averaging);
      (samples[m] as Float64Array)[sample] = found ? toNumber(found.f1) : 0;
    });
  }
  const [first, second] = samples;
  return {
    each: samples.map(middle),
    difference: first && second ? middle(first.map((value, i) => value - (second[i] as number))) : null,
  };
}

/** Labels that have rows, but fewer than a bootstrap can use. */
export function fewRows(labels: readonly string[], truth: ArrayLike<number>): string[] {
  const counts = labels.map(() => 0);
  for (let i = 0; i < truth.length; i++) counts[truth[i] as number] = (counts[truth[i] as number] ?? 0) + 1;
  return labels.filter((_, k) => (counts[k] as number) > 0 && (counts[k] as number) < LEAST_ROWS);
}

const has = (truth: ArrayLike<number>, label: number): boolean => Array.prototype.includes.call(truth, label);

/** The middle 95 %, between order statistics as NumPy's default does; null if all are one number. */
function middle(values: Float64Array): Interval | null {
  const sorted = values.slice().sort();
  const at = (share: number): number => {
    const place = share * (sorted.length - 1);
    const below = Math.floor(place);
    const [low, high] = [sorted[below] as number, sorted[Math.min(sorted.length - 1, below + 1)] as number];
    return low + (place - below) * (high - low);
  };
  const [low, high] = [at((1 - CONFIDENCE) / 2), at((1 + CONFIDENCE) / 2)];
  return low < high ? { low, high } : null;
}
