import { chiSquareTail } from './special-functions.ts';

/** An empty bin counts as this share, or PSI would be infinite. */
const PSI_FLOOR = 1e-6;

export type HistogramDistance = {
  /** Population stability index: Σ (p − q) ln(p / q); shares below 1e-6 count as 1e-6. */
  readonly psi: number;
  /** Jensen–Shannon divergence in bits, in [0, 1]. */
  readonly jensenShannon: number;
  /** √(1 − Σ √(pq)), in [0, 1]. */
  readonly hellinger: number;
  /** Half of Σ |p − q|: the largest difference of any event's probability. */
  readonly totalVariation: number;
  /** p of the χ² test that both come from one distribution. */
  readonly homogeneityP: number;
};

/**
 * How far apart two histograms over the same bins are, whatever their totals.
 *
 * @param a counts by bin; `b` has as many bins; each has at least one count above 0
 * @see Lin (1991), IEEE Trans. Inf. Theory 37:145, for Jensen–Shannon; Siddiqi (2006), "Credit Risk Scorecards", for PSI
 */
export function histogramDistance(a: readonly number[], b: readonly number[]): HistogramDistance {
  const [p, q] = [shares(a), shares(b)];
  const over = (term: (p: number, q: number) => number) => p.reduce((sum, x, i) => sum + term(x, q[i] ?? 0), 0);
  const toMiddle = (x: number, y: number) => (x === 0 ? 0 : x * Math.log2((2 * x) / (x + y)));
  return {
    psi: over((x, y) => {
      const [s, t] = [Math.max(PSI_FLOOR, x), Math.max(PSI_FLOOR, y)];
      return (s - t) * Math.log(s / t);
    }),
    jensenShannon: over((x, y) => (toMiddle(x, y) + toMiddle(y, x)) / 2),
    hellinger: Math.sqrt(over((x, y) => (Math.sqrt(x) - Math.sqrt(y)) ** 2) / 2),
    totalVariation: over((x, y) => Math.abs(x - y)) / 2,
    homogeneityP: homogeneity(a, b),
  };
}

const total = (counts: readonly number[]): number => counts.reduce((x, y) => x + y, 0);

function shares(counts: readonly number[]): number[] {
  const all = total(counts);
  return counts.map((n) => n / all);
}

/** Pearson's χ² of the two rows of counts; bins that are empty in both say nothing. */
function homogeneity(a: readonly number[], b: readonly number[]): number {
  const [first, second] = [total(a), total(b)];
  const filled = a.map((x, i) => [x, b[i] ?? 0] as const).filter(([x, y]) => x + y > 0);
  const value = filled.reduce((sum, [x, y]) => {
    const [mine, other] = [((x + y) * first) / (first + second), ((x + y) * second) / (first + second)];
    return sum + (x - mine) ** 2 / mine + (y - other) ** 2 / other;
  }, 0);
  return filled.length < 2 ? 1 : chiSquareTail(value, filled.length - 1);
}
