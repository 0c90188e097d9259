import { digestOf } from '../../registry-repo/digest.ts';
import { printRows, type Row, rowsWithin } from '../../registry-repo/rows.ts';
import type { Digest } from '../../registry-repo/values.ts';

/** How many evaluation rows a model has seen in training, and the digests (each of its row alone, printed) of up to ten. */
export type Leakage = { readonly rows: number; readonly examples: Digest[] };

/** @param trainKeys what `printRowKeys` makes of the training texts */
export function leakage(test: readonly Row[], trainKeys: Uint8Array): Leakage {
  const leaking = rowsWithin(test, trainKeys);
  const digests = new Set(leaking.map((row) => digestOf(printRows([row]))));
  return { rows: leaking.length, examples: [...digests].sort().slice(0, 10) };
}
