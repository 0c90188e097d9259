import { Random } from '../../../registry-repo/random.ts';
import type { NbsvmConfig } from './config.ts';
import { type Epoch, fitLinear, type Problem, scoresOf } from './dual-coordinate-descent.ts';
import { logCountRatio } from './log-count-ratio.ts';
import { LOSSES } from './losses.ts';
import type { BinaryMatrix } from './matrix.ts';
import { fitSigmoid, type Sigmoid } from './platt.ts';

/** One label against all others. */
export type ClassTask = {
  readonly matrix: BinaryMatrix;
  /** Label index of every row. */
  readonly truth: Int32Array;
  readonly label: number;
  readonly config: NbsvmConfig;
  readonly seed: number;
  /** Existing scores, by row: the model is what should be added to them. */
  readonly offset?: Float64Array;
};

/** probability = sigmoid(slope · (Σ weight / √Σ ratio² + bias) + offset), sums over a text's columns. */
export type ClassModel = {
  readonly weight: Float32Array;
  readonly ratio: Float32Array;
  readonly bias: number;
  readonly sigmoid: Sigmoid;
};

/** A logistic regression's scores are log-odds already. */
const LOG_ODDS: Sigmoid = { slope: 1, offset: 0 };
const FOLDS = 3;

/**
 * Learns to separate one label's rows from all others. @param onEpoch is called for the passes of the model itself, not
 * of the folds
 */
export function fitClass(task: ClassTask, onEpoch: (epoch: Epoch) => void): ClassModel {
  const everyRow = Int32Array.from(task.truth.keys());
  const problem = problemOf(task, everyRow, 'all', onEpoch);
  const { weight, bias } = fitLinear(problem);
  const sigmoid = task.config.loss === 'logistic' ? LOG_ODDS : calibrate(task, everyRow);
  return { weight, ratio: problem.ratio, bias, sigmoid };
}

function problemOf(task: ClassTask, rows: Int32Array, part: string, onEpoch: (epoch: Epoch) => void): Problem {
  const { matrix, truth, label, config, seed, offset } = task;
  const among = new Uint8Array(truth.length);
  for (const row of rows) among[row] = 1;
  const inside = (row: number) => truth[row] === label;
  return {
    matrix,
    ratio: logCountRatio(matrix, inside, (row) => among[row] === 1, config.smoothing),
    rows,
    sign: (row) => (inside(row) ? 1 : -1),
    offset,
    loss: LOSSES[config.loss],
    cost: config.cost,
    epochs: config.epochs,
    tolerance: config.tolerance,
    random: Random.named(`nbsvm ${seed} ${label} ${part}`),
    onEpoch,
  };
}

/** The scores of rows by a model of the other rows. @param part names the order in which these are visited */
export function scoreHeld(task: ClassTask, rows: Int32Array, held: Int32Array, part: string): Float64Array {
  const problem = problemOf(task, rows, part, () => {});
  return scoresOf(problem, fitLinear(problem), held);
}

/** A sigmoid for scores of held-out rows: each fold is scored by a model of the others. */
function calibrate(task: ClassTask, everyRow: Int32Array): Sigmoid {
  const { truth, label, seed } = task;
  const shuffled = Int32Array.from(everyRow);
  Random.named(`nbsvm ${seed} folds`).shuffle(shuffled);
  const scores = new Float64Array(truth.length);
  for (let fold = 0; fold < FOLDS; fold++) {
    const held = shuffled.filter((_, i) => i % FOLDS === fold);
    const others = shuffled.filter((_, i) => i % FOLDS !== fold).sort();
    scoreHeld(task, others, held, `fold ${fold}`).forEach((score, i) => {
      scores[held[i] as number] = score;
    });
  }
  return fitSigmoid(
    scores,
    Uint8Array.from(truth, (t) => (t === label ? 1 : 0)),
  );
}
