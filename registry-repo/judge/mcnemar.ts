/**
 * McNemar's exact test, one-sided: how likely the candidate would win at least this often by chance alone, among the rows
 * that only one of the two models gets right.
 *
 * @param onlyBaseline rows that only the baseline gets right
 * @param onlyCandidate rows that only the candidate gets right
 * @returns P(X ≥ onlyCandidate) for X binomial over both counts with probability ½; 1 where there are none
 * @see McNemar (1947), Psychometrika 12:153; the exact form is the sign test on discordant pairs
 */
export function mcnemar(onlyBaseline: number, onlyCandidate: number): number {
  const n = onlyBaseline + onlyCandidate;
  return onlyCandidate > onlyBaseline ? upperTail(n, onlyCandidate) : 1 - upperTail(n, n - onlyCandidate + 1);
}

/** P(X ≥ k) for X ~ Binomial(n, ½) and k > n/2, where each term is smaller than the one before. */
function upperTail(n: number, k: number): number {
  if (k > n) return 0;
  let logFirst = -n * Math.LN2;
  for (let i = 1; i <= n - k; i++) logFirst += Math.log((k + i) / i); // C(n, k) = Π (k + i) / i
  let [sum, term] = [1, 1];
  for (let i = k; i < n && term > 1e-18 * sum; i++) {
    term *= (n - i) / (i + 1);
    sum += term;
  }
  return Math.min(1, sum * Math.exp(logFirst));
}
