import type { HashedNgrams } from './hashed-ngrams.ts';
import { Tokenizer } from './tokenizer.ts';

type Zones = HashedNgrams['zones'];

/** 2^32 divided by the golden ratio, odd: spreads consecutive numbers evenly (Knuth, TAOCP 3, 6.4). */
const GOLDEN = 0x9e3779b1;

/**
 * Hashes the n-grams of texts to 32 bits, zone by zone; an n-gram that occurs twice is hashed twice.
 *
 * One instance serves one thread: `hashes` is overwritten by the next text.
 */
export class NgramHasher {
  /** The hashes of the last text's n-grams. */
  hashes = new Int32Array(4096);
  readonly #zones: Zones;
  readonly #tokenizer = new Tokenizer();
  #count = 0;

  constructor(zones: Zones) {
    this.#zones = zones;
  }

  /** @returns how many n-grams the text has */
  read(text: string): number {
    const tokens = this.#tokenizer.read(text);
    const most = tokens * this.#zones.reduce((sum, { order }) => sum + order, 0);
    if (this.hashes.length < most) this.hashes = new Int32Array(2 * most);
    this.#count = 0;
    this.#zones.forEach(({ from, to, order }, index) => {
      this.#zone(Math.floor(from * tokens), Math.floor(to * tokens), order, Math.imul(index, GOLDEN));
    });
    return this.#count;
  }

  #zone(from: number, to: number, order: number, salt: number): void {
    const { hashes } = this;
    const tokens = this.#tokenizer.hashes;
    let count = this.#count;
    for (let i = from; i < to; i++) {
      let hash = (tokens[i] as number) ^ salt;
      hashes[count++] = mixed(hash);
      const end = Math.min(i + order, to);
      for (let j = i + 1; j < end; j++) {
        hash = (Math.imul(hash, GOLDEN) + (tokens[j] as number)) | 0;
        hash ^= hash >>> 15;
        hashes[count++] = mixed(hash);
      }
    }
    this.#count = count;
  }
}

/** MurmurHash3's finaliser (Appleby): every bit of the input moves every bit of the output. */
export function mixed(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
