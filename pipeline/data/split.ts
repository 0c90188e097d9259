import { createHash } from 'node:crypto';
import { rowKey } from '../../registry-repo/rows.ts';

/**
 * Which split a text belongs to when its source does not say. It depends on nothing but the text's row key, `share` and `seed`:
 * rows keep their side when others come, go or move, and two forms of one text are never parted.
 *
 * @param share expected share of the test split, in (0, 1)
 * @param seed 32 bits; another seed draws another split
 */
export function splitOf(text: string, share: number, seed: number): 'train' | 'test' {
  const hash = createHash('sha256').update(`pawl.split/1\n${seed}\n`).update(rowKey(text)).digest();
  return hash.readUIntBE(0, 6) / 2 ** 48 < share ? 'test' : 'train';
}
