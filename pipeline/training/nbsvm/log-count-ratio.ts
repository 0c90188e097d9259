import { type BinaryMatrix, columnCounts } from './matrix.ts';

/**
 * How much more often each feature occurs in one class than in all others:
 * r = log((p / ‖p‖₁) / (q / ‖q‖₁)), p and q the smoothed counts of rows inside and outside the class
 * (Wang & Manning 2012, "Baselines and Bigrams", equation 1, on presence instead of frequency).
 *
 * @param inside whether a row is of the class
 * @returns [width]
 */
export function logCountRatio(
  matrix: BinaryMatrix,
  inside: (row: number) => boolean,
  among: (row: number) => boolean,
  smoothing: number,
): Float32Array {
  const all = columnCounts(matrix, among);
  const within = columnCounts(matrix, (row) => among(row) && inside(row));
  let [sumWithin, sumWithout] = [0, 0];
  for (let i = 0; i < all.length; i++) {
    sumWithin += smoothing + (within[i] as number);
    sumWithout += smoothing + (all[i] as number) - (within[i] as number);
  }
  const shift = Math.log(sumWithout) - Math.log(sumWithin);
  const ratio = new Float32Array(all.length);
  for (let i = 0; i < all.length; i++) {
    const p = smoothing + (within[i] as number);
    const q = smoothing + (all[i] as number) - (within[i] as number);
    ratio[i] = Math.log(p / q) + shift;
  }
  return ratio;
}
