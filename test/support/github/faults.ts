/** What goes wrong with a request: before the work is done, or after it. */
export type FaultKind = 'drop-before' | 'drop-after' | '500' | '502' | 'secondary-limit' | '429' | 'garbage';

export type Fault = {
  /** By operation id, or by method and path. */
  readonly match: RegExp;
  readonly kind: FaultKind;
  /** How often; once, if left out. */
  times?: number;
  /** How many matching requests are let through first. */
  skip?: number;
};

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
