import { CONFIDENCE, type Interval } from './intervals.ts';
import { betaQuantile } from './special-functions.ts';

/**
 * Where a share lies that was seen as `hits` of `of`, by the exact test turned round: it never holds the true share less often
 * than it says, and so is wider than Wilson's.
 *
 * @returns null for 0 of 0
 * @see Clopper & Pearson (1934), Biometrika 26:404
 */
export function clopperPearson(hits: number, of: number): Interval | null {
  if (of === 0) return null;
  const beyond = (1 - CONFIDENCE) / 2;
  return {
    low: hits === 0 ? 0 : betaQuantile(beyond, hits, of - hits + 1),
    high: hits === of ? 1 : betaQuantile(1 - beyond, hits + 1, of - hits),
  };
}
