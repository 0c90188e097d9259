/**
 * The largest distance between the shares of two samples that are at most x, over all x.
 *
 * @returns `p`: how often samples of these sizes from one continuous distribution are at least this far apart, counted exactly;
 * time grows with the product of the sizes
 * @see Hodges (1958), Ark. Mat. 3:469
 */
export function kolmogorovSmirnov(a: readonly number[], b: readonly number[]): { distance: number; p: number } {
  const [x, y] = [ascending(a), ascending(b)];
  const [n, m] = [x.length, y.length];
  let [i, j, most] = [0, 0, 0]; // most: the distance times n m, an integer
  while (i < n && j < m) {
    const at = Math.min(x[i] as number, y[j] as number);
    while (i < n && x[i] === at) i++;
    while (j < m && y[j] === at) j++;
    most = Math.max(most, Math.abs(i * m - j * n));
  }
  return { distance: most / (n * m), p: outside(n, m, most) };
}

/** How likely a random order of n and m things is, somewhere, at least `most` off the diagonal. */
function outside(n: number, m: number, most: number): number {
  if (most === 0) return 1;
  let left = 0;
  const inside = new Float64Array(m + 1);
  for (let i = 0; i <= n; i++)
    for (let j = 0; j <= m; j++) {
      const remaining = n + m - i - j + 1;
      const fromAbove = i === 0 ? 0 : ((inside[j] as number) * (n - i + 1)) / remaining;
      const fromLeft = j === 0 ? 0 : ((inside[j - 1] as number) * (m - j + 1)) / remaining;
      const reached = i + j === 0 ? 1 : fromAbove + fromLeft;
      const out = Math.abs(i * m - j * n) >= most;
      if (out) left += reached;
      inside[j] = out ? 0 : reached;
    }
  return Math.min(1, left);
}

const ascending = (values: readonly number[]): Float64Array => Float64Array.from(values).sort();
