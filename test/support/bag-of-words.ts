import type { Row } from '../../registry-repo/rows.ts';

const words = (text: string): string[] => [...new Set(text.toLowerCase().match(/[a-z0-9'-]+/g) ?? [])];

/**
 * F1 of `pos` that logistic regression over single words reaches: it shows how hard a corpus is. Twenty passes of
 * AdaGrad in an order that a fixed linear congruential generator shuffles.
 */
export function bagOfWordsF1(train: readonly Row[], test: readonly Row[]): number {
  const ids = new Map<string, number>();
  const idOf = (word: string) => {
    const id = ids.get(word) ?? ids.size;
    ids.set(word, id);
    return id;
  };
  const rows = train.map(({ text, label }) => ({ features: words(text).map(idOf), y: Number(label === 'pos') }));
  const weights = new Float64Array(ids.size);
  const squares = new Float64Array(ids.size).fill(1e-8);
  const score = (features: readonly number[]) => features.reduce((sum, id) => sum + (weights[id] as number), 0);
  let state = 1;
  for (let pass = 0; pass < 20; pass++) {
    for (let i = rows.length - 1; i > 0; i--) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      const j = state % (i + 1);
      [rows[i], rows[j]] = [rows[j] as (typeof rows)[0], rows[i] as (typeof rows)[0]];
    }
    for (const { features, y } of rows) {
      const error = 1 / (1 + Math.exp(-score(features))) - y;
      for (const id of features) {
        const gradient = error + 0.01 * (weights[id] as number);
        squares[id] = (squares[id] as number) + gradient * gradient;
        weights[id] = (weights[id] as number) - (0.1 * gradient) / Math.sqrt(squares[id] as number);
      }
    }
  }
  const counts = { hit: 0, wrong: 0 };
  for (const { text, label } of test) {
    const said = score(words(text).flatMap((word) => ids.get(word) ?? [])) > 0;
    if (said && label === 'pos') counts.hit++;
    else if (said !== (label === 'pos')) counts.wrong++;
  }
  return (2 * counts.hit) / (2 * counts.hit + counts.wrong);
}
