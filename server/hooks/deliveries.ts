/**
 * Ids of webhooks that were accepted. The memory is bounded: the oldest ids are forgotten, which costs one superfluous
 * check.
 */
export class Deliveries {
  readonly #most: number;
  readonly #known = new Set<string>();

  constructor(most = 10_000) {
    this.#most = most;
  }

  /** Remembers an id. @returns whether it is new */
  take(id: string): boolean {
    if (this.#known.has(id)) return false;
    this.#known.add(id);
    if (this.#known.size > this.#most) this.#known.delete(this.#known.values().next().value as string);
    return true;
  }
}
