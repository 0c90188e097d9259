/** How linear the relation of two equally long samples is, in [−1, 1]; 0 where one of them never varies. */
export function pearson(a: readonly number[], b: readonly number[]): number {
  const [x, y] = [centred(a), centred(b)];
  const dot = (u: readonly number[], v: readonly number[]) => u.reduce((sum, value, i) => sum + value * (v[i] ?? 0), 0);
  const scale = Math.sqrt(dot(x, x) * dot(y, y));
  return scale === 0 ? 0 : Math.max(-1, Math.min(1, dot(x, y) / scale));
}

/** Pearson's correlation of ranks; equal values share the mean of their ranks. @see Spearman (1904), Am. J. Psychol. 15:72 */
export const spearman = (a: readonly number[], b: readonly number[]): number => pearson(ranks(a), ranks(b));

function centred(values: readonly number[]): number[] {
  const mean = values.reduce((x, y) => x + y, 0) / values.length;
  return values.map((value) => value - mean);
}

function ranks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((i, j) => (values[i] as number) - (values[j] as number));
  const ranked = values.map(() => 0);
  for (let from = 0, to = 0; from < order.length; from = to) {
    while (to < order.length && values[order[to] as number] === values[order[from] as number]) to++;
    for (let at = from; at < to; at++) ranked[order[at] as number] = (from + to + 1) / 2;
  }
  return ranked;
}
