const FULL = 255;

/**
 * Counts of one thread, a byte each. What does not fit is added to counts that all threads share, and at the end
 * everything is.
 */
export class Tally {
  readonly #own: Uint8Array;
  readonly #shared: Int32Array;

  constructor(shared: Int32Array) {
    this.#own = new Uint8Array(shared.length);
    this.#shared = shared;
  }

  add(id: number): void {
    const count = (this.#own[id] as number) + 1;
    if (count === FULL) Atomics.add(this.#shared, id, FULL);
    this.#own[id] = count === FULL ? 0 : count;
  }

  /** Until then the shared counts are incomplete. */
  flush(): void {
    for (let id = 0; id < this.#own.length; id++)
      if (this.#own[id]) Atomics.add(this.#shared, id, this.#own[id] as number);
    this.#own.fill(0);
  }
}
