/**
 * Remembers for every 32-bit hash whether it was noted once or more often. Hashes that share a slot count as one, so at
 * worst too many seem to repeat. Threads may note at the same time: the result does not depend on their order.
 */
export class Slots {
  /** For other threads: pass it to their constructor. */
  readonly shared: SharedArrayBuffer;
  readonly #once: Int32Array;
  readonly #again: Int32Array;
  readonly #shift: number;

  /** @param source binary logarithm of the number of slots, 5 to 31, or another thread's `shared` */
  constructor(source: number | SharedArrayBuffer) {
    this.shared = typeof source === 'number' ? new SharedArrayBuffer(2 ** (source - 2)) : source;
    const words = this.shared.byteLength / 8;
    this.#once = new Int32Array(this.shared, 0, words);
    this.#again = new Int32Array(this.shared, 4 * words, words);
    this.#shift = 32 - Math.log2(32 * words);
  }

  note(hash: number): void {
    // A plain read first: a bit that is set stays set, and one that is not seen yet is set by the atomic operation.
    if (this.repeated(hash)) return;
    const slot = hash >>> this.#shift;
    const bit = 1 << (slot & 31);
    if (Atomics.or(this.#once, slot >>> 5, bit) & bit) Atomics.or(this.#again, slot >>> 5, bit);
  }

  /** Whether a hash of this slot was noted more than once. */
  repeated(hash: number): boolean {
    const slot = hash >>> this.#shift;
    return ((this.#again[slot >>> 5] as number) >>> (slot & 31)) % 2 === 1;
  }

  /** How many slots were noted at all, and how many more than once. */
  counts(): { readonly noted: number; readonly repeated: number } {
    return { noted: ones(this.#once), repeated: ones(this.#again) };
  }
}

function ones(words: Int32Array): number {
  let sum = 0;
  for (let i = 0; i < words.length; i++) {
    let w = words[i] as number;
    w -= (w >>> 1) & 0x55555555;
    w = (w & 0x33333333) + ((w >>> 2) & 0x33333333);
    sum += Math.imul((w + (w >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  }
  return sum;
}
