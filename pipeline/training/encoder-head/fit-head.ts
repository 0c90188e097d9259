import { breathe } from '../../breathe.ts';
import { foldsOf, partsOf } from '../folds.ts';
import type { TrainingContext } from '../trainer.ts';
import type { EncoderHeadConfig } from './config.ts';
import { type Classes, fitRegression, measure, type Weights } from './regression.ts';

/** Costs that are tried; features have a deviation of 1 by then. */
const COSTS = [1e-4, 1e-3, 1e-2, 1e-1, 1] as const;
const MIDDLE = 1e-2;
/** A feature that differs from its mean by a smaller share than this is constant: the rest is rounding. */
const SAME = 1e-6;
/**
 * Scores of another model need no small weight: they are scaled so that the regularisation affects them a thousandth as
 * much.
 */
const SCORE_DEVIATION = 30;

/** Logits as a linear function of the features. */
export type Head = {
  /** [width, labels] */
  readonly kernel: Float32Array;
  /** [labels] */
  readonly bias: Float32Array;
};

type Context = Pick<TrainingContext, 'seed' | 'report' | 'signal'>;
type Settings = Pick<EncoderHeadConfig, 'cost' | 'folds' | 'iterations'>;

/**
 * Fits a logistic regression on features, which are overwritten. Reports the metric `cost` and, if the cost was chosen,
 * `held/loss` and `held/accuracy` of every cost tried, on held-out rows.
 *
 * @param texts of the rows: equal ones stay together
 * @param scores how many of the last features are another model's scores
 */
export async function fitHead(
  classes: Classes,
  texts: readonly string[],
  { seed, report, signal }: Context,
  { cost, folds, iterations }: Settings,
  scores = 0,
): Promise<Head> {
  const { mean, deviation } = standardise(classes, scores);
  const fold = partsOf(texts, folds, `encoder-head ${seed} folds`);
  const chosen = cost > 0 ? cost : await chooseCost(classes, fold, iterations, { report, signal });
  report.metric('cost', chosen, 0);
  const weights = await fitRegression(classes, {
    ...{ rows: Int32Array.from(texts.keys()), cost: chosen, iterations },
    before: async (i, loss) => {
      await breathe(signal);
      report.metric('loss', loss, i);
      report.progress('fitting', i, iterations);
    },
  });
  return headOf(classes, weights, mean, deviation);
}

/**
 * Chooses the cost with the lowest loss on held-out rows; every row is held out once. It goes from the least cost up,
 * until the loss rises.
 */
async function chooseCost(
  classes: Classes,
  fold: Int32Array,
  iterations: number,
  { report, signal }: Pick<Context, 'report' | 'signal'>,
): Promise<number> {
  const folds = foldsOf(fold);
  if (folds.length < 2) return MIDDLE;
  const starts: Weights[] = [];
  let best = { cost: MIDDLE as number, loss: Number.POSITIVE_INFINITY };
  for (const [i, cost] of COSTS.entries()) {
    const sum = { loss: 0, accuracy: 0 };
    for (const [at, { rows, held }] of folds.entries()) {
      report.progress('choosing the cost', i * folds.length + at, folds.length * COSTS.length);
      const start = starts[at];
      const weights = await fitRegression(classes, {
        ...{ rows, cost, iterations, ...(start && { start }) },
        before: () => breathe(signal),
      });
      starts[at] = weights;
      const { loss, accuracy } = measure(classes, weights, held);
      sum.loss += (loss * held.length) / fold.length;
      sum.accuracy += (accuracy * held.length) / fold.length;
    }
    report.metric('held/loss', sum.loss, i);
    report.metric('held/accuracy', sum.accuracy, i);
    if (sum.loss >= best.loss) break;
    best = { cost, loss: sum.loss };
  }
  return best.cost;
}

/** Gives every feature the mean 0 and the deviation 1, or for scores a large one, in place. */
function standardise({ features, width }: Classes, scores: number) {
  const rows = features.length / width;
  const [mean, deviation] = [new Float64Array(width), new Float64Array(width)];
  const every = (see: (at: number, j: number) => void) => {
    for (let row = 0; row < rows; row++) for (let j = 0; j < width; j++) see(row * width + j, j);
  };
  every((at, j) => {
    mean[j] = (mean[j] as number) + (features[at] as number) / rows;
  });
  every((at, j) => {
    deviation[j] = (deviation[j] as number) + ((features[at] as number) - (mean[j] as number)) ** 2 / rows;
  });
  for (let j = 0; j < width; j++) {
    const found = Math.sqrt(deviation[j] as number);
    deviation[j] = found > SAME * Math.abs(mean[j] as number) ? found : 1;
    if (j >= width - scores) deviation[j] = (deviation[j] as number) / SCORE_DEVIATION;
  }
  every((at, j) => {
    features[at] = ((features[at] as number) - (mean[j] as number)) / (deviation[j] as number);
  });
  return { mean, deviation };
}

/** The same for features as the encoder gives them. With two logits, each gets half the score, with opposite signs. */
function headOf({ width, labels }: Classes, weights: Weights, mean: Float64Array, deviation: Float64Array): Head {
  const outputs = weights.length / (width + 1);
  const share = (k: number) => (outputs === 1 ? k - 0.5 : 1);
  const output = (k: number) => (outputs === 1 ? 0 : k);
  const kernel = new Float32Array(width * labels);
  const bias = new Float64Array(labels);
  for (let k = 0; k < labels; k++) {
    bias[k] = share(k) * (weights[width * outputs + output(k)] as number);
    for (let j = 0; j < width; j++) {
      const weight = (share(k) * (weights[j * outputs + output(k)] as number)) / (deviation[j] as number);
      kernel[j * labels + k] = weight;
      bias[k] = (bias[k] as number) - weight * (mean[j] as number);
    }
  }
  return { kernel, bias: Float32Array.from(bias) };
}
