/**
 * What goes wrong with a request. Nothing was done: `drop-before`, `500`, `502`, `429`, `secondary-limit`, `garbage`
 * (HTML with status 200). It was done, and the caller cannot know: `drop-after`, `502-after`, `wrong-json`,
 * `truncated`. `delay` comes late, and `run` does something first, for tests of races.
 */
export type FaultKind =
  | 'drop-before'
  | 'drop-after'
  | '500'
  | '502'
  | '502-after'
  | 'secondary-limit'
  | '429'
  | 'garbage'
  | 'wrong-json'
  | 'truncated'
  | { readonly delayMs: number }
  | { readonly run: () => Promise<unknown> };

export type Fault = {
  /** By operation id, or by method and path. */
  readonly match: RegExp;
  readonly kind: FaultKind;
  /** How often; once, if left out. */
  times?: number;
  /** How many matching requests are let through first. */
  skip?: number;
};

/** The faults that a test has asked for, in their order. */
export class Faults {
  readonly #faults: Fault[] = [];

  add(fault: Fault): void {
    this.#faults.push({ times: 1, skip: 0, ...fault });
  }

  clear(): void {
    this.#faults.length = 0;
  }

  take(...names: readonly string[]): FaultKind | null {
    for (const fault of this.#faults) {
      if ((fault.times ?? 0) <= 0 || !names.some((n) => fault.match.test(n))) continue;
      if ((fault.skip ?? 0) > 0) {
        fault.skip = (fault.skip ?? 0) - 1;
        continue;
      }
      fault.times = (fault.times ?? 1) - 1;
      return fault.kind;
    }
    return null;
  }
}
