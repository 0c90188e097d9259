import { digestOf } from '../../registry-repo/digest.ts';
import { printRows, type Row, rowsWithin } from '../../registry-repo/rows.ts';
import type { Digest } from '../../registry-repo/values.ts';

/**
 * How many evaluation rows a model has seen in training, and the digests of up to ten of them (each of its row alone,
 * printed).
 */
export type Leakage = {
  readonly rows: number;
  readonly examples: Digest[];
  /** Besides those, how many are near a training row: of the 3-grams of words, at least `share` are in both. */
  readonly near?: { readonly share: number; readonly rows: number };
};

/**
 * @param trainKeys what `printRowKeys` makes of the training texts
 * @returns also the rows that do not leak
 */
export function leakage(test: readonly Row[], trainKeys: Uint8Array): { told: Leakage; others: Row[] } {
  const leaking = rowsWithin(test, trainKeys);
  const leaked = new Set(leaking);
  const digests = new Set(leaking.map((row) => digestOf(printRows([row]))));
  return {
    told: { rows: leaking.length, examples: [...digests].sort().slice(0, 10) },
    others: test.filter((row) => !leaked.has(row)),
  };
}

type Told = Pick<Leakage, 'rows'> & { readonly near?: Leakage['near'] | undefined };

/** The remark about test rows that are training rows, or near ones. */
export const leakageLines = ({ rows, near }: Told): string[] => [
  ...(rows > 0 ? [`${rows} evaluation rows are among the training rows`] : []),
  ...(near && near.rows > 0
    ? [
        `${near.rows} more evaluation rows are nearly training rows: ${near.share} or more of their 3-grams of words are the same`,
      ]
    : []),
];
