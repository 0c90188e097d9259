import { printRowKeys, ROW_KEY_BYTES, type Row } from '../../registry-repo/rows.ts';
import type { Digest } from '../../registry-repo/values.ts';
import { digestOfOrdered } from './digest.ts';

/**
 * What is recorded about one split. Every label of the data set is counted; `duplicates` have the same words as an
 * earlier row.
 */
export type SplitFacts = {
  readonly rows: number;
  readonly labels: Record<string, number>;
  readonly duplicates: number;
  readonly digest: Digest;
};

/**
 * @param rows in canonical order
 * @returns the facts and the split's row keys, as `printRowKeys` makes them
 */
export function factsOf(rows: readonly Row[], labels: readonly string[]): { facts: SplitFacts; keys: Buffer } {
  const counts = new Map(labels.map((label) => [label, 0]));
  for (const { label } of rows) counts.set(label, (counts.get(label) ?? 0) + 1);
  const keys = printRowKeys(texts(rows));
  const duplicates = rows.length - keys.length / ROW_KEY_BYTES;
  return {
    facts: { rows: rows.length, labels: Object.fromEntries(counts), duplicates, digest: digestOfOrdered(rows) },
    keys,
  };
}

function* texts(rows: readonly Row[]): Generator<string> {
  for (const { text } of rows) yield text;
}
