const BITS = 26;

/** Approximate counts of hashes: never too low, too high where hashes share a slot. All threads count in it. */
export class Sketch {
  readonly shared: SharedArrayBuffer;
  readonly #counts: Uint8Array;
  readonly #enough: number;

  /** @param least up to 200: a slot with as many is not counted further @param shared another thread's */
  constructor(least: number, shared = new SharedArrayBuffer(2 ** BITS)) {
    this.shared = shared;
    this.#counts = new Uint8Array(shared);
    this.#enough = Math.min(least, 200);
  }

  add(hash: number): void {
    const slot = hash >>> (32 - BITS);
    // Threads that read at the same time may each add one too many. They cannot reach 255, and a count that is high
    // enough stays so.
    if ((this.#counts[slot] as number) < this.#enough) Atomics.add(this.#counts, slot, 1);
  }

  /** Whether the hash may have occurred `least` times; if false, it certainly has not. */
  maybe(hash: number): boolean {
    return (this.#counts[hash >>> (32 - BITS)] as number) >= this.#enough;
  }
}
