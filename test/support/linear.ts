import type { Linear, Problem } from '../../pipeline/training/nbsvm/dual-coordinate-descent.ts';
import { fitLinear } from '../../pipeline/training/nbsvm/dual-coordinate-descent.ts';
import { LOSSES } from '../../pipeline/training/nbsvm/losses.ts';
import { type BinaryMatrix, sharedInts } from '../../pipeline/training/nbsvm/matrix.ts';
import { Random } from '../../registry-repo/random.ts';

/** A small linear problem as a test writes it. */
export type Small = {
  readonly rows: readonly (readonly number[])[];
  readonly width: number;
  readonly inside: readonly number[];
  readonly ratio: readonly number[];
};

export type LossName = keyof typeof LOSSES;

export function matrixOf({ rows, width }: Pick<Small, 'rows' | 'width'>): BinaryMatrix {
  const starts = sharedInts(rows.length + 1);
  rows.forEach((row, i) => {
    starts[i + 1] = (starts[i] as number) + row.length;
  });
  const columns = sharedInts(starts[rows.length] as number);
  columns.set(rows.flat());
  return { starts, columns, width };
}

export const problemOf = (small: Small, loss: LossName, over: Partial<Problem> = {}): Problem => ({
  matrix: matrixOf(small),
  ratio: Float32Array.from(small.ratio),
  rows: Int32Array.from(small.rows.keys()),
  sign: (row) => (small.inside[row] ? 1 : -1),
  loss: LOSSES[loss],
  cost: 1,
  epochs: 20_000,
  tolerance: 1e-9,
  random: Random.named('test'),
  onEpoch: () => {},
  ...over,
});

export const fit = (small: Small, loss: LossName, cost: number): Linear => fitLinear(problemOf(small, loss, { cost }));

/** The score of each row, in plain words. */
export function scores(small: Small, { weight, bias }: { weight: ArrayLike<number>; bias: number }): number[] {
  return small.rows.map((row) => {
    const length = Math.sqrt(row.reduce((sum, column) => sum + (small.ratio[column] as number) ** 2, 0));
    const sum = row.reduce((total, column) => total + (weight[column] as number), 0);
    return (length > 0 ? sum / length : 0) + bias;
  });
}

const softplus = (z: number): number => (z > 0 ? z + Math.log1p(Math.exp(-z)) : Math.log1p(Math.exp(z)));

export const lossOf = (name: LossName, margin: number): number =>
  name === 'logistic' ? softplus(-margin) : Math.max(0, 1 - margin) ** (name === 'hinge' ? 1 : 2);

/** ½‖w‖² of a model whose weights are stored times their ratio; a feature of ratio 0 has no weight. */
const regulariser = (ratio: readonly number[], { weight, bias }: { weight: ArrayLike<number>; bias: number }): number =>
  0.5 * ratio.reduce((sum, r, i) => sum + (r === 0 ? 0 : ((weight[i] as number) / r) ** 2), bias ** 2);

/** ½‖w‖² + C Σ loss */
export function primal(small: Small, name: LossName, cost: number, model: Linear): number {
  const margins = scores(small, model).map((score, row) => (small.inside[row] ? score : -score));
  return regulariser(small.ratio, model) + cost * margins.reduce((sum, m) => sum + lossOf(name, m), 0);
}

/**
 * The dual objective at the dual variables that belong to the margins of a model (α = -C · loss′): for every model at most
 * the primal optimum, and equal to it at the optimum. Not for the hinge, whose slope at margin 1 is not one number.
 */
export function dual(small: Small, name: 'logistic' | 'squared-hinge', cost: number, model: Linear): number {
  const margins = scores(small, model).map((score, row) => (small.inside[row] ? score : -score));
  const alpha = margins.map((m) => (name === 'logistic' ? cost / (1 + Math.exp(m)) : 2 * cost * Math.max(0, 1 - m)));
  const weight = new Float64Array(small.width);
  let bias = 0;
  small.rows.forEach((row, i) => {
    const length = Math.sqrt(row.reduce((sum, column) => sum + (small.ratio[column] as number) ** 2, 0));
    const step = (alpha[i] as number) * (small.inside[i] ? 1 : -1);
    for (const column of row) if (length > 0) weight[column]! += (step * (small.ratio[column] as number) ** 2) / length;
    bias += step;
  });
  const entropy = (a: number): number =>
    a <= 0 || a >= cost ? 0 : a * Math.log(a) + (cost - a) * Math.log(cost - a) - cost * Math.log(cost);
  const conjugate = name === 'logistic' ? entropy : (a: number) => a ** 2 / (4 * cost) - a;
  return -regulariser(small.ratio, { weight, bias }) - alpha.reduce((sum, a) => sum + conjugate(a), 0);
}
