import { createHash } from 'node:crypto';
import type { Runtime } from '../runtime/runtime.ts';

/** How much answers to one text may differ between batches: kernels add floats in another order. */
export const NEIGHBOUR_TOLERANCE = 1e-4;

/** How many rows are asked again, alone and among others. */
const SAMPLE = 32;

/**
 * The order in which rows are scored. It is pseudo-random, so that rows of one label, or neighbours in the set, do not
 * stand together; and it is the same whenever the same bytes are judged again.
 *
 * @param seed what is judged: digests, or the bytes themselves
 * @returns every row's index once
 */
export function shuffled(rows: number, seed: readonly Uint8Array[]): number[] {
  const hash = createHash('sha256');
  for (const part of seed) hash.update(createHash('sha256').update(part).digest());
  const key = hash.digest();
  const drawn = Array.from({ length: rows }, (_, row) =>
    createHash('sha256').update(key).update(String(row)).digest().readUIntBE(0, 6),
  );
  return drawn.map((_, row) => row).sort((a, b) => (drawn[a] as number) - (drawn[b] as number) || a - b);
}

/** Remembers some of the answers that a model gives in large batches, and asks for them again. */
export class Neighbours {
  readonly #step: number;
  readonly #texts: string[] = [];
  readonly #answers: Float32Array[] = [];

  /** @param rows how many answers there will be */
  constructor(rows: number) {
    this.#step = Math.max(1, Math.floor(rows / SAMPLE));
  }

  /** @param place of the row in the order of scoring */
  tell(place: number, text: string, probabilities: Float32Array): void {
    if (place % this.#step !== 0 || this.#texts.length >= SAMPLE) return;
    this.#texts.push(text);
    this.#answers.push(probabilities.slice());
  }

  /** The largest difference of a probability between the first answer, the answer alone, and that among other neighbours. */
  async difference(runtime: Runtime): Promise<number> {
    const among = await runtime.classify([...this.#texts].reverse());
    const labels = runtime.labels.length;
    let most = 0;
    for (const [i, first] of this.#answers.entries()) {
      const alone = await runtime.classify([this.#texts[i] as string]);
      const place = this.#texts.length - 1 - i;
      for (let k = 0; k < labels; k++)
        for (const again of [alone[k], among[place * labels + k]])
          most = Math.max(most, Math.abs((first[k] as number) - (again as number)));
    }
    return most;
  }
}
