import { type Averaging, f1 } from '../../registry-repo/f1.ts';
import { toNumber } from '../../registry-repo/fraction.ts';
import type { Mixture } from '../onnx/transformer-graph.ts';
import { lbfgs } from './lbfgs.ts';

/** Numbers of one classifier for some texts, row-major: a text's probabilities are the softmax of its K numbers. */
export type Logits = Float64Array;

const ITERATIONS = 200;
const FLAT = 1e-7;

/**
 * Blends two classifiers by a logistic regression on rows that neither has learnt from: one slope for each classifier
 * and one offset for each label, so that few rows are enough. Slopes are regularised by half their square, after the
 * logits of both were scaled to a deviation of 1.
 *
 * @param truth label index of each row
 * @see McFadden (1974), "Conditional logit analysis of qualitative choice behavior"
 */
export async function weigh(
  classifiers: readonly [Logits, Logits],
  truth: Int32Array,
  labels: number,
): Promise<Mixture> {
  const scales = classifiers.map((logits) => deviationOf(logits, labels)) as [number, number];
  const scores = new Float64Array(labels);
  const point = await lbfgs(
    (at, gradient) => {
      const slopes = [(at[0] as number) / scales[0], (at[1] as number) / scales[1]] as const;
      const mixture = { slopes, offset: at.subarray(2) };
      gradient.fill(0);
      let loss = 0;
      for (let i = 0; i < 2; i++) {
        gradient[i] = at[i] as number;
        loss += (at[i] as number) ** 2 / 2;
      }
      for (let row = 0; row < truth.length; row++) {
        mixedRow(mixture, classifiers, row, scores);
        const right = truth[row] as number;
        loss += softmaxLoss(scores, right);
        for (let k = 0; k < labels; k++) {
          const difference = (scores[k] as number) - Number(k === right);
          for (let i = 0; i < 2; i++)
            gradient[i] =
              (gradient[i] as number) +
              (difference * (classifiers[i]?.[row * labels + k] as number)) / (scales[i] as number);
          gradient[2 + k] = (gradient[2 + k] as number) + difference;
        }
      }
      return loss;
    },
    new Float64Array(2 + labels),
    { tolerance: FLAT * truth.length, iterations: ITERATIONS },
  );
  return {
    slopes: [(point[0] as number) / scales[0], (point[1] as number) / scales[1]],
    offset: point.slice(2),
  };
}

/** The logits of a blend. */
export function mixed(mixture: Mixture, classifiers: readonly [Logits, Logits]): Logits {
  const labels = mixture.offset.length;
  const all = new Float64Array(classifiers[0].length);
  for (let row = 0; row * labels < all.length; row++)
    mixedRow(mixture, classifiers, row, all.subarray(row * labels, (row + 1) * labels));
  return all;
}

/** F1 of the labels with the highest logits. */
export function f1Of(
  logits: Logits,
  truth: Int32Array,
  { labels, averaging }: { readonly labels: readonly string[]; readonly averaging: Averaging },
): number {
  const k = labels.length;
  const confusion = labels.map(() => labels.map(() => 0));
  truth.forEach((label, row) => {
    const own = logits.subarray(row * k, (row + 1) * k);
    (confusion[label] as number[])[own.indexOf(Math.max(...own))]! += 1;
  });
  return toNumber(f1(labels, confusion, averaging));
}

function mixedRow({ slopes, offset }: Mixture, [one, other]: readonly [Logits, Logits], row: number, to: Float64Array) {
  for (let k = 0; k < offset.length; k++) {
    const at = row * offset.length + k;
    to[k] = slopes[0] * (one[at] as number) + slopes[1] * (other[at] as number) + (offset[k] as number);
  }
}

/** Deviation of logits around the mean of their row, on which probabilities do not depend; 1 if there is none. */
function deviationOf(logits: Logits, labels: number): number {
  let squares = 0;
  for (let row = 0; row * labels < logits.length; row++) {
    const own = logits.subarray(row * labels, (row + 1) * labels);
    const mean = own.reduce((sum, logit) => sum + logit, 0) / labels;
    squares += own.reduce((sum, logit) => sum + (logit - mean) ** 2, 0);
  }
  return Math.sqrt(squares / logits.length) || 1;
}

/** Turns scores into probabilities. @returns cross-entropy in nats */
function softmaxLoss(scores: Float64Array, right: number): number {
  const most = scores.reduce((a, b) => Math.max(a, b));
  let total = 0;
  for (const score of scores) total += Math.exp(score - most);
  const loss = Math.log(total) + most - (scores[right] as number);
  for (let k = 0; k < scores.length; k++) scores[k] = Math.exp((scores[k] as number) - most) / total;
  return loss;
}
