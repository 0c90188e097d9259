import { logCountRatio } from '../nbsvm/log-count-ratio.ts';
import type { BinaryMatrix } from '../nbsvm/matrix.ts';
import type { Kernel } from './kernel.ts';
import { fitLogistic, logisticScores } from './logistic.ts';

/** Inputs of one label against the rest, by the vectors of the texts' n-grams. Arrays are in shared memory. */
export type VectorTask = {
  /** Which n-grams with vectors the runtime finds in each row. */
  readonly matrix: BinaryMatrix;
  /** [columns, dimensions] */
  readonly vectors: Float32Array;
  readonly dimensions: number;
  /** [columns] */
  readonly idf: Float32Array;
  readonly weighting: 'plain' | 'idf' | 'ratio';
  /** Added to the size of the log-count ratio. */
  readonly floor: number;
  readonly smoothing: number;
  readonly cost: number;
  /** Label index of every row. */
  readonly truth: Int32Array;
  readonly label: number;
  /** Rows to learn from. */
  readonly rows: Int32Array;
};

/** A label against the rest: score = Σ value / Σ weight + bias, over a text's columns. */
export type VectorModel = { readonly weights: Float32Array; readonly values: Float32Array; readonly bias: number };

/** A thread's own: [rows, dimensions] and [columns]. */
export type FitMemory = { readonly means: Float32Array; readonly weights: Float32Array };

/**
 * Fits a label's model on vectors. A text's vector is the mean of its n-grams' vectors, each weighted by default by its
 * inverse document frequency times how much it says about the label. A logistic regression separates the labels.
 *
 * @returns the model, and the scores of all rows, learnt from or not
 */
export function fitVectors(
  kernel: Kernel,
  { means, weights }: FitMemory,
  task: VectorTask,
): { model: VectorModel; scores: Float64Array } {
  const { matrix, vectors, dimensions: width, truth, label, rows } = task;
  const inside = (row: number) => truth[row] === label;
  weights.set(weightsOf(task, inside));
  const span = { firstRow: 0, count: truth.length, out: means };
  kernel.means({ dimensions: width, ...matrix, weights, ngramVectors: vectors, ...span });
  const problem = { features: means, width, rows, inside, cost: task.cost };
  const fitted = fitLogistic(problem);
  const scores = logisticScores(fitted, { ...problem, rows: Int32Array.from(truth.keys()) });
  const values = new Float32Array(matrix.width);
  for (let column = 0; column < values.length; column++) {
    let sum = 0;
    for (let j = 0; j < width; j++) sum += (vectors[column * width + j] as number) * (fitted.weight[j] as number);
    values[column] = sum * (weights[column] as number);
  }
  return { model: { weights: Float32Array.from(weights), values, bias: fitted.bias }, scores };
}

function weightsOf(task: VectorTask, inside: (row: number) => boolean): Float32Array {
  const { matrix, truth, rows, idf, weighting, floor, smoothing } = task;
  if (weighting === 'plain') return new Float32Array(idf.length).fill(1);
  if (weighting === 'idf') return idf;
  const among = new Uint8Array(truth.length);
  for (const row of rows) among[row] = 1;
  const ratio = logCountRatio(matrix, inside, (row) => among[row] === 1, smoothing);
  return idf.map((value, column) => value * (floor + Math.abs(ratio[column] as number)));
}
