/** Counts whose probability is below this share of the likeliest one's are left out. */
const LEAST = 1e-12;

/**
 * Draws counts from a Poisson distribution, by the inverse of its distribution function. The table is made with sums,
 * products and quotients only, so it is the same on every machine. Its length grows with the square root of the mean.
 *
 * @param mean above 0
 * @returns a function from a number in [0, 1) to a count: uniform numbers give Poisson counts
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
