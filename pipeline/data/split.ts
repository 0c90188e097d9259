import { createHash } from 'node:crypto';
import { rowKey } from '../../registry-repo/rows.ts';

/**
 * Which split a text belongs to when its source does not say. It depends on nothing but the text's row key, `share` and `seed`:
 * rows keep their side when others come, go or move, and two forms of one text are never parted.
 *
 * @param share expected share of the test split, in (0, 1)
 * @param seed 32 bits; another seed draws another split
 */
export const splitOf = (text: string, share: number, seed: number): 'train' | 'test' =>
  placeOf('pawl.split/1', text, seed) < share ? 'test' : 'train';

/**
 * Whether a trainer holds a text out of training to validate by. The draw is not that of {@link splitOf}: with an equal seed, that
 * one finds nothing more among the rows that it has put into training.
 */
export const isValidation = (text: string, share: number, seed: number): boolean =>
  placeOf('pawl.validation/1', text, seed) < share;

/** A number in [0, 1) for each text; of two names, or two seeds, the numbers have nothing to do with each other. */
function placeOf(name: string, text: string, seed: number): number {
  const hash = createHash('sha256').update(`${name}\n${seed}\n`).update(rowKey(text)).digest();
  return hash.readUIntBE(0, 6) / 2 ** 48;
}
