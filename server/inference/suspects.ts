import { createHash, randomBytes } from 'node:crypto';

/** How many texts are remembered at once; beyond that the oldest are forgotten. */
const MOST = 10_000;

/**
 * Texts that a process was computing when it ended. After the first time a text is computed alone, so that the
 * responsible text is found. After the second time it is not computed again. Only keyed digests are kept.
 */
export class Suspects {
  readonly #key = randomBytes(32);
  readonly #times = new Map<string, number>();

  /** How often a process ended while it computed the text: 0, 1 or 2. */
  times(text: string): number {
    return this.#times.size === 0 ? 0 : (this.#times.get(this.#name(text)) ?? 0);
  }

  accuse(texts: readonly string[]): void {
    for (const text of texts) {
      const name = this.#name(text);
      const times = Math.min(2, (this.#times.get(name) ?? 0) + 1);
      this.#times.delete(name);
      this.#times.set(name, times);
      if (this.#times.size > MOST) this.#times.delete(this.#times.keys().next().value as string);
    }
  }

  /** The text was answered when computed alone. */
  clear(text: string): void {
    if (this.#times.size > 0) this.#times.delete(this.#name(text));
  }

  #name(text: string): string {
    return createHash('sha256').update(this.#key).update(text).digest('base64');
  }
}
