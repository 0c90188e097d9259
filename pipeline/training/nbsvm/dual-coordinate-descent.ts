import type { Random } from '../../../registry-repo/random.ts';
import type { Loss } from './losses.ts';
import type { BinaryMatrix } from './matrix.ts';

/** One class against the rest: which rows, which of them are of the class, and how long to iterate. */
export type Problem = {
  readonly matrix: BinaryMatrix;
  /** The weight of a feature: the rows' values are `ratio[column]`, scaled to unit length. [width] */
  readonly ratio: Float32Array;
  /** Rows to learn from. */
  readonly rows: Int32Array;
  /** +1 for rows of the class, -1 for others; by row of the matrix. */
  readonly sign: (row: number) => number;
  /** Existing scores, to which what is learnt is added; by row of the matrix. */
  readonly offset?: Float64Array | undefined;
  readonly loss: Loss;
  readonly cost: number;
  readonly epochs: number;
  readonly tolerance: number;
  /** Draws the order of the rows in every pass. */
  readonly random: Random;
  readonly onEpoch: (epoch: Epoch) => void;
};

/** One pass over the rows. */
export type Epoch = {
  readonly epoch: number;
  /** Largest change of a dual variable, as a share of the cost. */
  readonly violation: number;
  /** Share of rows that were on the wrong side when they were visited. */
  readonly mistakes: number;
  readonly converged: boolean;
};

/** score(x) = Σ weight[column] / √(Σ ratio[column]²) + bias, over the columns of x. */
export type Linear = { readonly weight: Float32Array; readonly bias: number };

/**
 * L2-regularised linear classification by dual coordinate descent; the bias is a feature that is always 1, regularised
 * like the others. Weights are stored multiplied by their feature's ratio, next to its square, so that a row is read
 * from neighbouring memory.
 *
 * @see Loss for the papers
 */
export function fitLinear(problem: Problem): Linear {
  const { matrix, rows, epochs, tolerance, random, onEpoch } = problem;
  const state = startOf(problem);
  const order = Int32Array.from(rows.keys());
  for (let epoch = 0; epoch < epochs; epoch++) {
    random.shuffle(order);
    const { violation, mistakes } = pass(problem, state, order);
    const converged = violation <= tolerance;
    onEpoch({ epoch, violation, mistakes, converged });
    if (converged) break;
  }
  const weight = new Float32Array(matrix.width);
  for (let i = 0; i < weight.length; i++) weight[i] = state.pairs[2 * i] as number;
  return { weight, bias: state.bias };
}

type State = {
  /** For each column its weight times its ratio, and the square of its ratio. */
  readonly pairs: Float32Array;
  /** By position in `rows`: the dual variable, one over the row's length, its squared length with bias. */
  readonly alpha: Float64Array;
  readonly scale: Float64Array;
  readonly squaredLength: Float64Array;
  bias: number;
};

function startOf({ matrix, ratio, rows, sign, loss, cost }: Problem): State {
  const pairs = new Float32Array(2 * matrix.width);
  for (let i = 0; i < ratio.length; i++) pairs[2 * i + 1] = (ratio[i] as number) ** 2;
  const state: State = {
    pairs,
    alpha: new Float64Array(rows.length).fill(loss.start(cost)),
    scale: new Float64Array(rows.length),
    squaredLength: new Float64Array(rows.length),
    bias: 0,
  };
  rows.forEach((row, i) => {
    const squares = sumOf(matrix, pairs, row, 1);
    state.scale[i] = squares > 0 ? 1 / Math.sqrt(squares) : 0;
    state.squaredLength[i] = (squares > 0 ? 1 : 0) + 1;
    const step = (state.alpha[i] as number) * sign(row);
    if (step !== 0) move(state, matrix, row, i, step);
  });
  return state;
}

function pass({ matrix, rows, sign, offset, loss, cost }: Problem, state: State, order: Int32Array) {
  const { pairs, alpha, scale, squaredLength } = state;
  let [violation, wrong] = [0, 0];
  for (let k = 0; k < order.length; k++) {
    const i = order[k] as number;
    const row = rows[i] as number;
    const y = sign(row);
    const own = (scale[i] as number) * sumOf(matrix, pairs, row, 0) + state.bias;
    const margin = y * (own + (offset?.[row] ?? 0));
    if (margin <= 0) wrong++;
    const before = alpha[i] as number;
    const after = loss.update(before, squaredLength[i] as number, margin, cost);
    if (after === before) continue;
    alpha[i] = after;
    violation = Math.max(violation, Math.abs(after - before) / cost);
    move(state, matrix, row, i, (after - before) * y);
  }
  return { violation, mistakes: wrong / order.length };
}

/** Sum over a row's columns of their weight (0) or squared ratio (1). */
function sumOf({ starts, columns }: BinaryMatrix, pairs: Float32Array, row: number, which: 0 | 1): number {
  const end = starts[row + 1] as number;
  let sum = 0;
  for (let j = starts[row] as number; j < end; j++) sum += pairs[2 * (columns[j] as number) + which] as number;
  return sum;
}

function move(state: State, { starts, columns }: BinaryMatrix, row: number, i: number, step: number): void {
  const { pairs } = state;
  const end = starts[row + 1] as number;
  const by = step * (state.scale[i] as number);
  for (let j = starts[row] as number; j < end; j++) {
    const at = 2 * (columns[j] as number);
    pairs[at] = (pairs[at] as number) + by * (pairs[at + 1] as number);
  }
  state.bias += step;
}

/** The scores of other rows, without any offset. */
export function scoresOf({ matrix, ratio }: Problem, { weight, bias }: Linear, rows: Int32Array): Float64Array {
  const { starts, columns } = matrix;
  return Float64Array.from(rows, (row) => {
    let [sum, squares] = [0, 0];
    for (let j = starts[row] as number; j < (starts[row + 1] as number); j++) {
      const column = columns[j] as number;
      sum += weight[column] as number;
      squares += (ratio[column] as number) ** 2;
    }
    return (squares > 0 ? sum / Math.sqrt(squares) : 0) + bias;
  });
}
