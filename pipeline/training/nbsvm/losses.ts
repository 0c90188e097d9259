/**
 * A loss in the form that dual coordinate descent needs: given a row's dual variable α, the length² of the row (bias
 * included) and its margin y·score, the best α while all others stay the same.
 */
export type Loss = {
  readonly start: (cost: number) => number;
  readonly update: (alpha: number, squaredLength: number, margin: number, cost: number) => number;
};

/** Hsieh et al. 2008, "A Dual Coordinate Descent Method for Large-scale Linear SVM", L1 loss. */
const hinge: Loss = {
  start: () => 0,
  update: (alpha, squaredLength, margin, cost) => Math.min(Math.max(alpha - (margin - 1) / squaredLength, 0), cost),
};

/** The same, L2 loss. */
const squaredHinge: Loss = {
  start: () => 0,
  update: (alpha, squaredLength, margin, cost) => {
    const diagonal = 0.5 / cost;
    return Math.max(alpha - (margin - 1 + diagonal * alpha) / (squaredLength + diagonal), 0);
  },
};

const MAX_NEWTON_STEPS = 50;
const FLAT = 1e-9;

/**
 * Yu, Huang & Lin 2011, "Dual coordinate descent methods for logistic regression and maximum entropy models". The
 * one-variable problem has its optimum inside (0, C): Newton's method, cut back to a tenth of the way when it would leave.
 */
const logistic: Loss = {
  start: (cost) => Math.min(1e-3 * cost, 1e-8),
  update: (alpha, squaredLength, margin, cost) => {
    let next = alpha;
    for (let step = 0; step < MAX_NEWTON_STEPS; step++) {
      const slope = squaredLength * (next - alpha) + margin + Math.log(next / (cost - next));
      if (Math.abs(slope) < FLAT) break;
      const wanted = next - slope / (squaredLength + cost / (next * (cost - next)));
      if (wanted <= 0) next *= 0.1;
      else if (wanted >= cost) next = cost - (cost - next) * 0.1;
      else if (wanted === next) break;
      else next = wanted;
      if (next >= cost) return cost * (1 - Number.EPSILON);
    }
    return next;
  },
};

/** Every loss, by its name in settings. */
export const LOSSES = { logistic, hinge, 'squared-hinge': squaredHinge } as const;
