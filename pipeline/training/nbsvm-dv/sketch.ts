const BITS = 26;

/** About how often each hash occurred: never too seldom, too often where hashes share a slot. All threads count in it. */
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
    // Threads that look at once may each add one too many: 255 is out of their reach, and enough stays enough.
    if ((this.#counts[slot] as number) < this.#enough) Atomics.add(this.#counts, slot, 1);
  }

  /** Whether the hash may have occurred `least` times; a sure no otherwise. */
  maybe(hash: number): boolean {
    return (this.#counts[hash >>> (32 - BITS)] as number) >= this.#enough;
  }
}
