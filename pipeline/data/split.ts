import { createHash } from 'node:crypto';
import { rowKey } from '../../registry-repo/rows.ts';

/**
 * Decides a text's split when its source does not. It depends only on the text's row key, `share` and `seed`: rows keep
 * their side when others are added, removed or moved, and two forms of one text are on the same side.
 *
 * @param share expected share of the test split, in (0, 1)
 * @param seed 32 bits; another seed gives another split
 */
export const splitOf = (text: string, share: number, seed: number): 'train' | 'test' =>
  placeOf('pawl.split/1', text, seed) < share ? 'test' : 'train';

/**
 * Whether a trainer holds a text out of training for validation. The draw differs from that of {@link splitOf}: with an
 * equal seed, that one would hold out none of the rows that it has put into training.
 */
export const isValidation = (text: string, share: number, seed: number): boolean =>
  placeOf('pawl.validation/1', text, seed) < share;

/** A number in [0, 1) for each text. For two names, or two seeds, the numbers are independent. */
function placeOf(name: string, text: string, seed: number): number {
  const hash = createHash('sha256').update(`${name}\n${seed}\n`).update(rowKey(text)).digest();
  return hash.readUIntBE(0, 6) / 2 ** 48;
}
