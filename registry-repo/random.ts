import { createHash } from 'node:crypto';

const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by));

/**
 * The generator xoshiro128**: 32-bit integer operations only, so the same state gives the same numbers on every machine
 * and every version of Node.
 *
 * @see Blackman & Vigna (2021), "Scrambled Linear Pseudorandom Number Generators", arXiv:1805.01407
 */
export class Random {
  readonly #state: Uint32Array;

  /** @param state four 32-bit words, not all zero */
  constructor(state: ArrayLike<number>) {
    this.#state = Uint32Array.from(state);
  }

  /** A stream of its own for every name. */
  static named(name: string): Random {
    const digest = createHash('sha256').update(name).digest();
    return new Random([0, 4, 8, 12].map((at) => digest.readUInt32BE(at)));
  }

  /** 32 random bits, as an integer from 0. */
  bits(): number {
    const s = this.#state as unknown as [number, number, number, number];
    const result = Math.imul(rotate(Math.imul(s[1], 5), 7), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 11);
    return result;
  }

  /** An integer in [0, n). The bias is below n/2³². */
  below(n: number): number {
    return Math.floor((this.bits() / 2 ** 32) * n);
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.bits() / 2 ** 32 < probability;
  }

  /** Reorders in place; every order is equally likely (Fisher & Yates). */
  shuffle(items: Int32Array): void {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const item = items[i] as number;
      items[i] = items[j] as number;
      items[j] = item;
    }
  }
}
