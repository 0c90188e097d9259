/** A function's value at a point; writes its gradient. */
export type Objective = (point: Float64Array, gradient: Float64Array) => number;

const MEMORY = 10;
const SUFFICIENT = 1e-4;
const SMALLEST = 1e-12;

export type Descent = {
  /** Stops when no part of the gradient is larger. */
  readonly tolerance: number;
  readonly iterations: number;
  /** Called before each iteration; an error that it throws ends the descent. */
  readonly before?: (iteration: number, value: number) => Promise<void>;
};

/**
 * Minimises a smooth convex function by L-BFGS with backtracking.
 *
 * @returns the lowest point found
 * @see Nocedal & Wright (2006), "Numerical Optimization", algorithms 7.4 and 3.1
 */
export async function lbfgs(objective: Objective, start: Float64Array, descent: Descent): Promise<Float64Array> {
  let point = Float64Array.from(start);
  let gradient = new Float64Array(point.length);
  let value = objective(point, gradient);
  const pairs: Pair[] = [];
  for (let i = 0; i < descent.iterations && largest(gradient) > descent.tolerance; i++) {
    await descent.before?.(i, value);
    const direction = directionOf(gradient, pairs);
    const slope = dot(gradient, direction);
    let step = pairs.length === 0 ? Math.min(1, 1 / Math.sqrt(dot(gradient, gradient))) : 1;
    const tried = new Float64Array(point.length);
    const next = new Float64Array(point.length);
    let reached = Number.POSITIVE_INFINITY;
    for (; step > SMALLEST; step /= 2) {
      for (let j = 0; j < point.length; j++) tried[j] = (point[j] as number) + step * (direction[j] as number);
      reached = objective(tried, next);
      if (reached <= value + SUFFICIENT * step * slope) break;
    }
    if (step <= SMALLEST) break;
    const moved = tried.map((x, j) => x - (point[j] as number));
    const turned = next.map((x, j) => x - (gradient[j] as number));
    const curvature = dot(moved, turned);
    if (curvature > 1e-12 * dot(turned, turned)) pairs.push({ moved, turned, curvature });
    if (pairs.length > MEMORY) pairs.shift();
    [point, gradient, value] = [tried, next, reached];
  }
  return point;
}

type Pair = { readonly moved: Float64Array; readonly turned: Float64Array; readonly curvature: number };

/** Minus the gradient times an estimate of the inverse Hessian (the two-loop recursion). */
function directionOf(gradient: Float64Array, pairs: readonly Pair[]): Float64Array {
  const q = gradient.map((x) => -x);
  const shares = new Float64Array(pairs.length);
  for (let i = pairs.length - 1; i >= 0; i--) {
    const { moved, turned, curvature } = pairs[i] as Pair;
    shares[i] = dot(moved, q) / curvature;
    add(q, turned, -(shares[i] as number));
  }
  const last = pairs.at(-1);
  if (last) {
    const scale = last.curvature / dot(last.turned, last.turned);
    for (let j = 0; j < q.length; j++) q[j] = (q[j] as number) * scale;
  }
  pairs.forEach(({ moved, turned, curvature }, i) => {
    add(q, moved, (shares[i] as number) - dot(turned, q) / curvature);
  });
  return q;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function add(to: Float64Array, what: Float64Array, times: number): void {
  for (let i = 0; i < to.length; i++) to[i] = (to[i] as number) + times * (what[i] as number);
}

function largest(values: Float64Array): number {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
}
