import { mcnemar } from '../../registry-repo/judge/mcnemar.ts';
import { chiSquareTail } from './special-functions.ts';

/**
 * Whether two models differ on the same rows, in either direction; the gate's own test asks one direction only.
 *
 * @param onlyFirst rows that only the first gets right
 * @param onlySecond rows that only the second gets right
 * @returns `exact`: the two-sided binomial p; `chiSquare`: with continuity correction, and its p; null without such rows
 * @see McNemar (1947), Psychometrika 12:153; Edwards (1948), Psychometrika 13:185, for the correction
 */
export function mcnemarTwoSided(
  onlyFirst: number,
  onlySecond: number,
): { exact: number; chiSquare: { value: number; p: number } | null } {
  const [less, more] = [Math.min(onlyFirst, onlySecond), Math.max(onlyFirst, onlySecond)];
  const exact = less === more ? 1 : Math.min(1, 2 * mcnemar(less, more));
  if (more === 0) return { exact, chiSquare: null };
  const value = (more - less - 1) ** 2 / (more + less);
  return { exact, chiSquare: { value, p: chiSquareTail(value, 1) } };
}
