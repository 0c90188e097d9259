import { Distinct } from './distinct.ts';
import type { HashedNgrams } from './hashed-ngrams.ts';
import { NgramHasher } from './ngrams.ts';

/** The id of an n-gram: the low bits of its hash. */
export const featureId = (hash: number, bits: number): number => hash & ((1 << bits) - 1);

/** Turns texts into sets of feature ids, as a model with the preprocessor `hashed-ngrams` gets them. */
export class FeatureIds {
  readonly #bits: number;
  readonly #hasher: NgramHasher;
  readonly #seen = new Distinct();

  constructor({ bits, zones }: HashedNgrams) {
    this.#bits = bits;
    this.#hasher = new NgramHasher(zones);
  }

  /** @returns the ids of the text's n-grams, each once, in order of first occurrence */
  of(text: string): Int32Array {
    const count = this.#hasher.read(text);
    const { hashes } = this.#hasher;
    const ids = new Int32Array(count);
    let distinct = 0;
    this.#seen.clear(count);
    for (let i = 0; i < count; i++) {
      const id = featureId(hashes[i] as number, this.#bits);
      if (this.#seen.add(id)) ids[distinct++] = id;
    }
    return ids.subarray(0, distinct);
  }
}
