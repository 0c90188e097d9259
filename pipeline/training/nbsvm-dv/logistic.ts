const MAX_STEPS = 50;
const FLAT = 1e-6;
/** Keeps the Hessian solvable when the classes can be separated perfectly. */
const JITTER = 1e-9;
/** A feature that differs from its mean by a smaller share than this is constant: the rest is rounding. */
const SAME = 1e-9;

export type LogisticProblem = {
  /** Rows of `width` numbers. */
  readonly features: Float32Array | Float64Array;
  readonly width: number;
  readonly rows: Int32Array;
  readonly inside: (row: number) => boolean;
  /** Cost of a row's error, relative to half the squared length of the weights. */
  readonly cost: number;
};

/** score(x) = Σ weight · x + bias: log-odds. */
export type Logistic = { readonly weight: Float64Array; readonly bias: number };

/**
 * L2-regularised logistic regression on few dense features by Newton's method. Features are standardised first, so that
 * the regularisation does not depend on their scale. The bias is not regularised.
 *
 * @see Hastie, Tibshirani & Friedman (2009), "The Elements of Statistical Learning", 4.4.1
 */
export function fitLogistic(problem: LogisticProblem): Logistic {
  const { rows, inside, width, cost } = problem;
  const { x, mean, deviation } = standardised(problem);
  const y = Float64Array.from(rows, (row) => (inside(row) ? 1 : 0));
  const size = width + 1; // the last is the bias
  let w = new Float64Array(size);
  let loss = lossOf(x, y, w, cost);
  for (let step = 0; step < MAX_STEPS; step++) {
    const { gradient, hessian } = derivatives(x, y, w, cost);
    if (Math.max(...gradient.map(Math.abs)) < FLAT * Math.max(1, cost)) break;
    const direction = solve(hessian, gradient, size);
    let taken: Float64Array | null = null;
    for (let rate = 1; rate > 1e-6 && !taken; rate /= 2) {
      const tried = w.map((value, i) => value - rate * (direction[i] as number));
      const triedLoss = lossOf(x, y, tried, cost);
      if (triedLoss < loss) [taken, loss] = [tried, triedLoss];
    }
    if (!taken) break;
    w = taken as typeof w;
  }
  const weight = Float64Array.from({ length: width }, (_, j) => (w[j] as number) / (deviation[j] as number));
  const shift = weight.reduce((sum, value, j) => sum + value * (mean[j] as number), 0);
  return { weight, bias: (w[width] as number) - shift };
}

/** The scores of rows. */
export function logisticScores(
  { weight, bias }: Logistic,
  { features, width, rows }: Pick<LogisticProblem, 'features' | 'width' | 'rows'>,
): Float64Array {
  return Float64Array.from(rows, (row) => {
    let sum = bias;
    for (let j = 0; j < width; j++) sum += (weight[j] as number) * (features[row * width + j] as number);
    return sum;
  });
}

function standardised({ features, width, rows }: LogisticProblem) {
  const mean = new Float64Array(width);
  const deviation = new Float64Array(width);
  for (const row of rows)
    for (let j = 0; j < width; j++) mean[j] = (mean[j] as number) + (features[row * width + j] as number) / rows.length;
  for (const row of rows)
    for (let j = 0; j < width; j++)
      deviation[j] = (deviation[j] as number) + ((features[row * width + j] as number) - (mean[j] as number)) ** 2;
  for (let j = 0; j < width; j++) {
    const found = Math.sqrt((deviation[j] as number) / rows.length);
    deviation[j] = found > SAME * Math.abs(mean[j] as number) ? found : 1;
  }
  const x = new Float64Array(rows.length * width);
  rows.forEach((row, i) => {
    for (let j = 0; j < width; j++)
      x[i * width + j] = ((features[row * width + j] as number) - (mean[j] as number)) / (deviation[j] as number);
  });
  return { x, mean, deviation };
}

function scoreAt(x: Float64Array, w: Float64Array, i: number): number {
  const width = w.length - 1;
  let sum = w[width] as number;
  for (let j = 0; j < width; j++) sum += (w[j] as number) * (x[i * width + j] as number);
  return sum;
}

function lossOf(x: Float64Array, y: Float64Array, w: Float64Array, cost: number): number {
  let sum = 0;
  for (let i = 0; i < y.length; i++) {
    const score = scoreAt(x, w, i);
    const margin = y[i] ? score : -score;
    sum += margin > 0 ? Math.log1p(Math.exp(-margin)) : -margin + Math.log1p(Math.exp(margin));
  }
  let squares = 0;
  for (let j = 0; j + 1 < w.length; j++) squares += (w[j] as number) ** 2;
  return cost * sum + squares / 2;
}

function derivatives(x: Float64Array, y: Float64Array, w: Float64Array, cost: number) {
  const size = w.length;
  const width = size - 1;
  const gradient = new Float64Array(size);
  const hessian = new Float64Array(size * size);
  const row = new Float64Array(size).fill(1);
  for (let i = 0; i < y.length; i++) {
    for (let j = 0; j < width; j++) row[j] = x[i * width + j] as number;
    const p = 1 / (1 + Math.exp(-scoreAt(x, w, i)));
    const slope = cost * (p - (y[i] as number));
    const curve = cost * p * (1 - p);
    for (let j = 0; j < size; j++) {
      gradient[j] = (gradient[j] as number) + slope * (row[j] as number);
      const along = curve * (row[j] as number);
      for (let k = 0; k <= j; k++)
        hessian[j * size + k] = (hessian[j * size + k] as number) + along * (row[k] as number);
    }
  }
  for (let j = 0; j < size; j++) {
    if (j < width) gradient[j] = (gradient[j] as number) + (w[j] as number);
    hessian[j * size + j] = (hessian[j * size + j] as number) + (j < width ? 1 : 0) + JITTER;
  }
  return { gradient, hessian };
}

/** Solves for a positive definite matrix, of which the lower half is given and overwritten (Cholesky). */
function solve(matrix: Float64Array, right: Float64Array, size: number): Float64Array {
  const at = (i: number, j: number) => matrix[i * size + j] as number;
  for (let i = 0; i < size; i++)
    for (let j = 0; j <= i; j++) {
      let sum = at(i, j);
      for (let k = 0; k < j; k++) sum -= at(i, k) * at(j, k);
      matrix[i * size + j] = i === j ? Math.sqrt(Math.max(sum, Number.MIN_VALUE)) : sum / at(j, j);
    }
  const x = Float64Array.from(right);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) x[i] = (x[i] as number) - at(i, k) * (x[k] as number);
    x[i] = (x[i] as number) / at(i, i);
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++) x[i] = (x[i] as number) - at(k, i) * (x[k] as number);
    x[i] = (x[i] as number) / at(i, i);
  }
  return x;
}
