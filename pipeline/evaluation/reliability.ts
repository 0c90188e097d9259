/** Equal-width bins of a probability. */
const BINS = 15;

/** Rows whose probability is in [from, to), the last bin with its end. */
export type ReliabilityBin = {
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  /** Mean probability; null without rows. */
  readonly promised: number | null;
  /** Share of rows that have the label; null without rows. */
  readonly true: number | null;
};

export type Reliability = {
  readonly bins: readonly ReliabilityBin[];
  /** Mean of |predicted − true share|, weighted by rows; 0 without rows. */
  readonly expectedError: number;
  /** The largest |predicted − true share|; 0 without rows. */
  readonly maximumError: number;
};

/**
 * Compares predicted probabilities with true shares, in 15 equal-width bins.
 *
 * @param truth 1 where the row has the label, else 0
 * @see Naeini, Cooper & Hauskrecht (2015), AAAI, for both errors; Guo et al. (2017), arXiv:1706.04599
 */
export function reliability(truth: ArrayLike<number>, scores: ArrayLike<number>): Reliability {
  const sums = Array.from({ length: BINS }, () => ({ rows: 0, probability: 0, hits: 0, surplus: 0 }));
  for (let i = 0; i < scores.length; i++) {
    const [p, y] = [scores[i] as number, truth[i] as number];
    const bin = sums[Math.max(0, Math.min(BINS - 1, Math.floor(p * BINS)))] as (typeof sums)[number];
    bin.rows++;
    bin.probability += p;
    bin.hits += y;
    bin.surplus += p - y;
  }
  const errors = sums.map(({ rows, surplus }) => (rows === 0 ? 0 : Math.abs(surplus) / rows));
  return {
    bins: sums.map(({ rows, probability, hits }, i) => ({
      from: i / BINS,
      to: (i + 1) / BINS,
      rows,
      promised: rows === 0 ? null : probability / rows,
      true: rows === 0 ? null : hits / rows,
    })),
    expectedError:
      scores.length === 0 ? 0 : sums.reduce((sum, { surplus }) => sum + Math.abs(surplus), 0) / scores.length,
    maximumError: Math.max(...errors),
  };
}
