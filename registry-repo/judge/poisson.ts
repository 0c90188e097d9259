/** Beyond this share of the likeliest count, a count is left out. */
const LEAST = 1e-12;

/**
 * Counts as a Poisson distribution has them, by the inverse of its distribution. Only sums, products and quotients make the table,
 * so it is the same on every machine; its length grows with the square root of the mean.
 *
 * @param mean above 0
 * @returns a count for a number in [0, 1): even numbers in give Poisson counts out
 */
export function poisson(mean: number): (uniform: number) => number {
  const mode = Math.floor(mean);
  const [below, above]: [number[], number[]] = [[], []];
  for (let [k, p] = [mode, mode / mean]; k > 0 && p > LEAST; k--, p *= k / mean) below.push(p);
  for (let [k, p] = [mode + 1, mean / (mode + 1)]; p > LEAST; k++, p *= mean / k) above.push(p);
  const weights = [...below.reverse(), 1, ...above];
  const upTo = new Float64Array(weights.length);
  let total = 0;
  weights.forEach((weight, i) => {
    total += weight;
    upTo[i] = total;
  });
  const first = mode - below.length;
  return (uniform) => {
    const wanted = uniform * total;
    let [low, high] = [0, upTo.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((upTo[middle] as number) > wanted) high = middle;
      else low = middle + 1;
    }
    return first + low;
  };
}
