import { lbfgs, type Objective } from '../lbfgs.ts';

/** Rows of numbers and the class of each. */
export type Classes = {
  /** Row-major, of `width` numbers a row. */
  readonly features: Float32Array;
  readonly width: number;
  readonly truth: Int32Array;
  readonly labels: number;
};

/** Weights feature by feature, those of all outputs together; then the biases. There is one output for two classes. */
export type Weights = Float64Array;

export type Fit = {
  readonly rows: Int32Array;
  /** Cost of a row's error, relative to half the squared length of the weights. */
  readonly cost: number;
  readonly iterations: number;
  readonly start?: Weights;
  readonly before?: (iteration: number, loss: number) => Promise<void>;
};

/** A gradient below this share of the rows' cost counts as flat. */
const FLAT = 2e-5;

const outputsOf = ({ labels }: Pick<Classes, 'labels'>): number => (labels === 2 ? 1 : labels);

/** L2-regularised logistic regression, multinomial for more than two classes. Biases are not regularised. */
export function fitRegression(classes: Classes, { rows, cost, iterations, start, before }: Fit): Promise<Weights> {
  const outputs = outputsOf(classes);
  const size = classes.width * outputs;
  const objective: Objective = (point, gradient) => {
    gradient.fill(0);
    let sum = 0;
    visit(classes, point, rows, ({ base, loss, differences }) => {
      sum += loss;
      accumulate(classes, gradient, base, differences, cost);
    });
    let squares = 0;
    for (let i = 0; i < size; i++) {
      const weight = point[i] as number;
      squares += weight * weight;
      gradient[i] = (gradient[i] as number) + weight;
    }
    return cost * sum + squares / 2;
  };
  const tolerance = FLAT * cost * rows.length;
  const told = before && ((i: number, value: number) => before(i, value / (cost * rows.length)));
  return lbfgs(objective, start ?? new Float64Array(size + outputs), {
    ...{ tolerance, iterations },
    ...(told && { before: told }),
  });
}

/** Mean cross-entropy in nats, and share of right answers. */
export function measure(classes: Classes, weights: Weights, rows: Int32Array): { loss: number; accuracy: number } {
  let [sum, right] = [0, 0];
  visit(classes, weights, rows, ({ loss, answer, truth }) => {
    sum += loss;
    right += Number(answer === truth);
  });
  return { loss: sum / rows.length, accuracy: right / rows.length };
}

type Visit = {
  /** Where the row's features begin. */
  readonly base: number;
  readonly truth: number;
  readonly answer: number;
  readonly loss: number;
  /** Derivatives of the loss by the outputs; overwritten by the next row. */
  readonly differences: Float64Array;
};

function visit(classes: Classes, weights: Weights, rows: Int32Array, see: (row: Visit) => void): void {
  const { features, width, truth: all } = classes;
  const outputs = outputsOf(classes);
  const scores = new Float64Array(outputs);
  for (const row of rows) {
    const base = row * width;
    const truth = all[row] as number;
    for (let k = 0; k < outputs; k++) {
      let sum = weights[width * outputs + k] as number;
      for (let j = 0; j < width; j++) sum += (features[base + j] as number) * (weights[j * outputs + k] as number);
      scores[k] = sum;
    }
    see({ base, truth, ...(outputs === 1 ? sigmoid(scores, truth) : softmax(scores, truth)) });
  }
}

function sigmoid(scores: Float64Array, truth: number) {
  const score = scores[0] as number;
  const margin = truth === 1 ? score : -score;
  const loss = margin > 0 ? Math.log1p(Math.exp(-margin)) : -margin + Math.log1p(Math.exp(margin));
  scores[0] = 1 / (1 + Math.exp(-score)) - truth;
  return { answer: score > 0 ? 1 : 0, loss, differences: scores };
}

function softmax(scores: Float64Array, truth: number) {
  const most = scores.reduce((a, b) => Math.max(a, b));
  const answer = scores.indexOf(most);
  let total = 0;
  for (const score of scores) total += Math.exp(score - most);
  const loss = Math.log(total) + most - (scores[truth] as number);
  for (let k = 0; k < scores.length; k++)
    scores[k] = Math.exp((scores[k] as number) - most) / total - Number(k === truth);
  return { answer, loss, differences: scores };
}

function accumulate(
  { features, width }: Classes,
  gradient: Float64Array,
  base: number,
  differences: Float64Array,
  cost: number,
): void {
  const outputs = differences.length;
  for (let k = 0; k < outputs; k++) {
    const slope = cost * (differences[k] as number);
    for (let j = 0; j < width; j++) {
      const at = j * outputs + k;
      gradient[at] = (gradient[at] as number) + slope * (features[base + j] as number);
    }
    const bias = width * outputs + k;
    gradient[bias] = (gradient[bias] as number) + slope;
  }
}
