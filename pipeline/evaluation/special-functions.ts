/** Continued fractions end when a factor changes them by no more than this, or after so many factors. */
const EPSILON = 1e-16;
const MOST_TERMS = 100_000;
/** Instead of a zero denominator. */
const TINY = 1e-300;

/** ln Γ(x) for x > 0, by Stirling's series after shifting x up. @see Abramowitz & Stegun 6.1.15, 6.1.41 */
export function logGamma(x: number): number {
  let [at, product] = [x, 1];
  for (; at < 15; at++) product *= at;
  const inverse = 1 / (at * at);
  const tail = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse * (1 / 1680 - inverse * (1 / 1188))))) / at;
  return (at - 0.5) * Math.log(at) - at + Math.log(2 * Math.PI) / 2 + tail - Math.log(product);
}

/** P(X > x) for X χ²-distributed with `freedom` degrees of freedom. @see Abramowitz & Stegun 6.5.29, 6.5.31 and 26.4.19 */
export function chiSquareTail(x: number, freedom: number): number {
  if (!(x > 0)) return 1;
  const [a, half] = [freedom / 2, x / 2];
  const factor = Math.exp(a * Math.log(half) - half - logGamma(a));
  if (half < a + 1) {
    let [term, sum] = [1 / a, 1 / a];
    for (let n = 1; n < MOST_TERMS && term > EPSILON * sum; n++) {
      term *= half / (a + n);
      sum += term;
    }
    return 1 - factor * sum;
  }
  const fraction = lentz(
    half + 1 - a,
    (n) => -n * (n - a),
    (n) => half + 2 * n + 1 - a,
  );
  return factor / fraction;
}

/** P(X ≤ x) for X beta-distributed, a > 0 and b > 0: the regularised incomplete beta function. @see Abramowitz & Stegun 26.5.8 */
export function betaShare(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - betaShare(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a;
  const term = (n: number) => {
    const m = Math.floor(n / 2);
    return n % 2 === 0
      ? (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
      : (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
  };
  return front / lentz(1, term, () => 1);
}

/** The x at which `betaShare` is `share`, by halving: within rounding of the true one. */
export function betaQuantile(share: number, a: number, b: number): number {
  let [low, high] = [0, 1];
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (betaShare(middle, a, b) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** first + over(1) / (under(1) + over(2) / (under(2) + …)). @see Lentz (1976), Appl. Opt. 15:668 */
function lentz(first: number, over: (n: number) => number, under: (n: number) => number): number {
  let [value, up, down] = [first || TINY, first || TINY, 0];
  for (let n = 1; n < MOST_TERMS; n++) {
    down = 1 / (under(n) + over(n) * down || TINY);
    up = under(n) + over(n) / up || TINY;
    value *= up * down;
    if (Math.abs(up * down - 1) < EPSILON) break;
  }
  return value;
}
