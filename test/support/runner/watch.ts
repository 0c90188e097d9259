/** How many ticks a test file may be silent, and how many it may take in all. */
export type Limits = { readonly silent: number; readonly whole: number };

/** A sign of life: a test or a hook began or ended. */
export type Sign = { readonly kind: 'began' | 'ended'; readonly what: string };

/**
 * Watches one test file. It counts ticks, not time: on a machine that is too busy to run the file, the ticks are late as
 * well. A test that begins or ends and anything printed are signs of life; a file that hangs gives neither.
 */
export class Watch {
  readonly #limits: Limits;
  readonly #open: string[] = [];
  #ended: string | undefined;
  #silent = 0;
  #whole = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** A sign of life: something was printed. */
  heard(): void {
    this.#silent = 0;
  }

  told({ kind, what }: Sign): void {
    this.heard();
    if (kind === 'began') this.#open.push(what);
    else {
      const at = this.#open.lastIndexOf(what);
      if (at >= 0) this.#open.splice(at, 1);
      this.#ended = what;
    }
  }

  /** The test or hook that has begun and not ended, or where else the file is. */
  get where(): string {
    const open = this.#open.at(-1);
    if (open !== undefined) return `in ${open}`;
    return this.#ended === undefined ? 'before its first test' : `after ${this.#ended}`;
  }

  /** Whether something has begun that has not ended. */
  get within(): boolean {
    return this.#open.length > 0;
  }

  /** Counts one tick. @returns why the file has to be killed, if it has */
  tick(): string | undefined {
    this.#silent++;
    this.#whole++;
    if (this.#silent >= this.#limits.silent) return `silent for ${this.#silent} s ${this.where}`;
    if (this.#whole >= this.#limits.whole) return `still running after ${this.#whole} s, ${this.where}`;
    return undefined;
  }
}
