import { partsOf } from '../folds.ts';
import type { TrainingContext } from '../trainer.ts';
import { breathe } from '../transformer/examples.ts';
import type { EncoderHeadConfig } from './config.ts';
import { type Classes, fitRegression, measure, type Weights } from './regression.ts';

/** What is tried; features have a deviation of 1 by then. */
const COSTS = [1e-4, 1e-3, 1e-2, 1e-1, 1] as const;
const MIDDLE = 1e-2;
/** Share of its mean by which a feature must differ to be one: less is rounding. */
const SAME = 1e-6;

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
 * Logistic regression on features, which are overwritten. Reports the metric `cost` and, if that was chosen, `held/loss` and
 * `held/accuracy` of every cost tried, on rows that were not learnt from.
 *
 * @param texts of the rows: equal ones stay together
 */
export async function fitHead(
  classes: Classes,
  texts: readonly string[],
  { seed, report, signal }: Context,
  { cost, folds, iterations }: Settings,
): Promise<Head> {
  const { mean, deviation } = standardise(classes);
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

/** Lowest loss on rows that were held back; every row is, once. */
async function chooseCost(
  classes: Classes,
  fold: Int32Array,
  iterations: number,
  { report, signal }: Pick<Context, 'report' | 'signal'>,
): Promise<number> {
  const folds = fold.reduce((most, f) => Math.max(most, f + 1), 0);
  if (folds < 2) return MIDDLE;
  const found = COSTS.map(() => ({ loss: 0, accuracy: 0 }));
  const everyRow = Int32Array.from(fold.keys());
  for (let held = 0; held < folds; held++) {
    const [rows, rest] = [everyRow.filter((row) => fold[row] !== held), everyRow.filter((row) => fold[row] === held)];
    let start: Weights | undefined;
    for (const [i, cost] of COSTS.entries()) {
      report.progress('choosing the cost', held * COSTS.length + i, folds * COSTS.length);
      start = await fitRegression(classes, {
        ...{ rows, cost, iterations, ...(start && { start }) },
        before: () => breathe(signal),
      });
      const { loss, accuracy } = measure(classes, start, rest);
      const sum = found[i] as (typeof found)[number];
      sum.loss += (loss * rest.length) / fold.length;
      sum.accuracy += (accuracy * rest.length) / fold.length;
    }
  }
  found.forEach(({ loss, accuracy }, i) => {
    report.metric('held/loss', loss, i);
    report.metric('held/accuracy', accuracy, i);
  });
  const best = found.reduce((least, { loss }, i) => (loss < (found[least]?.loss as number) ? i : least), 0);
  return COSTS[best] as number;
}

/** Gives every feature the mean 0 and the deviation 1, in place. */
function standardise({ features, width }: Classes) {
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
  }
  every((at, j) => {
    features[at] = ((features[at] as number) - (mean[j] as number)) / (deviation[j] as number);
  });
  return { mean, deviation };
}

/** The same for features as the encoder gives them. Of two logits, half the score each, with opposite signs. */
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
