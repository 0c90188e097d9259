/** probability = 1 / (1 + exp(-(slope · score + offset))) */
export type Sigmoid = { readonly slope: number; readonly offset: number };

const MAX_STEPS = 100;
const SMALLEST_STEP = 1e-10;
const REGULARISER = 1e-12;
const FLAT = 1e-5;

/**
 * Fits a sigmoid that turns scores into probabilities (Platt 1999), by Newton's method with backtracking as in
 * Lin, Lin & Weng 2007, "A note on Platt's probabilistic outputs for support vector machines", appendix C.
 *
 * @param scores of rows that the classifier has not learnt from
 * @param inside whether each is of the class
 */
export function fitSigmoid(scores: Float64Array, inside: Uint8Array): Sigmoid {
  const positives = inside.reduce((sum, one) => sum + one, 0);
  const negatives = scores.length - positives;
  const [high, low] = [(positives + 1) / (positives + 2), 1 / (negatives + 2)];
  const target = (i: number): number => (inside[i] ? high : low);
  // Here, as in the papers, p = 1 / (1 + exp(a·f + b)).
  let [a, b] = [0, Math.log((negatives + 1) / (positives + 1))];
  const objective = (slope: number, offset: number): number => {
    let sum = 0;
    for (let i = 0; i < scores.length; i++) {
      const z = slope * (scores[i] as number) + offset;
      sum += z >= 0 ? target(i) * z + Math.log1p(Math.exp(-z)) : (target(i) - 1) * z + Math.log1p(Math.exp(z));
    }
    return sum;
  };
  let value = objective(a, b);
  for (let step = 0; step < MAX_STEPS; step++) {
    let [h11, h22, h21, g1, g2] = [REGULARISER, REGULARISER, 0, 0, 0];
    for (let i = 0; i < scores.length; i++) {
      const f = scores[i] as number;
      const p = 1 / (1 + Math.exp(a * f + b));
      const [d2, d1] = [p * (1 - p), target(i) - p];
      h11 += f * f * d2;
      h22 += d2;
      h21 += f * d2;
      g1 += f * d1;
      g2 += d1;
    }
    if (Math.abs(g1) < FLAT && Math.abs(g2) < FLAT) break;
    const determinant = h11 * h22 - h21 * h21;
    const da = -(h22 * g1 - h21 * g2) / determinant;
    const db = -(h11 * g2 - h21 * g1) / determinant;
    const descent = g1 * da + g2 * db;
    let size = 1;
    for (; size >= SMALLEST_STEP; size /= 2) {
      const tried = objective(a + size * da, b + size * db);
      if (tried < value + 1e-4 * size * descent) {
        [a, b, value] = [a + size * da, b + size * db, tried];
        break;
      }
    }
    if (size < SMALLEST_STEP) break;
  }
  return { slope: -a, offset: -b };
}
