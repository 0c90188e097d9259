import { type Averaging, f1 } from '../../registry-repo/f1.ts';
import { toNumber } from '../../registry-repo/fraction.ts';
import { Random } from '../random.ts';
import { CONFIDENCE, type Interval } from './intervals.ts';

/** Enough for the ends of a 95 % interval: some fifty samples lie beyond each. */
const SAMPLES = 2000;

/** Each sample is counted in a matrix of its own, which grows with the square of the labels. */
const MOST_LABELS = 50;

/** What one or two models answered to the same rows: indices into the labels, row by row. */
export type Answered = { readonly truth: ArrayLike<number>; readonly predicted: readonly ArrayLike<number>[] };

/**
 * Where F1 lies by the percentile bootstrap: as many rows are drawn, with repetition, as there are, 2,000 times. With two
 * models the same rows are drawn for both, so that what is hard for both cancels.
 *
 * @param seed names the sequence of draws: the same seed and rows give the same interval
 * @returns an interval for each model and, of two, one for the first's F1 minus the second's; null without
 * rows, and with more than 50 labels
 * @see Efron & Tibshirani (1993), "An Introduction to the Bootstrap", ch. 13; Koehn (2004), EMNLP, for pairs
 */
export function bootstrapF1(
  labels: readonly string[],
  answered: Answered,
  averaging: Averaging,
  seed: string,
): { each: Interval[]; difference: Interval | null } | null {
  const { truth, predicted } = answered;
  const rows = truth.length;
  const k = labels.length;
  if (rows === 0 || k > MOST_LABELS) return null;
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
      (samples[m] as Float64Array)[sample] = toNumber(f1(labels, confusion, averaging));
    });
  }
  const [first, second] = samples;
  return {
    each: samples.map(middle),
    difference: first && second ? middle(first.map((value, i) => value - (second[i] as number))) : null,
  };
}

/** The middle 95 %, between order statistics as NumPy's default does. */
function middle(values: Float64Array): Interval {
  const sorted = values.slice().sort();
  const at = (share: number): number => {
    const place = share * (sorted.length - 1);
    const below = Math.floor(place);
    const [low, high] = [sorted[below] as number, sorted[Math.min(sorted.length - 1, below + 1)] as number];
    return low + (place - below) * (high - low);
  };
  return { low: at((1 - CONFIDENCE) / 2), high: at((1 + CONFIDENCE) / 2) };
}
