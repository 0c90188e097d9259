/** How far, on average, values must move to turn one sample into the other: ∫ |F − G|. @see Vallender (1974), Theory Probab. Appl. 18:784 */
export function wasserstein(a: readonly number[], b: readonly number[]): number {
  const [x, y] = [Float64Array.from(a).sort(), Float64Array.from(b).sort()];
  const points = Float64Array.from([...a, ...b]).sort();
  let [i, j, area] = [0, 0, 0];
  for (let k = 0; k + 1 < points.length; k++) {
    const [at, next] = [points[k] as number, points[k + 1] as number];
    while (i < x.length && (x[i] as number) <= at) i++;
    while (j < y.length && (y[j] as number) <= at) j++;
    area += Math.abs(i / x.length - j / y.length) * (next - at);
  }
  return area;
}
