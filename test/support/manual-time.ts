import type { Later } from '../../registry-repo/later.ts';
import { until } from './until.ts';

type Call = { readonly at: number; readonly ms: number; readonly call: () => void };

/** Time that passes only when a test says so. */
export class ManualTime {
  #now = 0;
  readonly #calls = new Set<Call>();

  readonly later: Later = (ms, call) => {
    const due = { at: this.#now + ms, ms, call };
    this.#calls.add(due);
    return () => void this.#calls.delete(due);
  };

  /** How many waits for so many milliseconds there are, counted from their start. */
  waiting(ms: number): number {
    return [...this.#calls].filter((call) => call.ms === ms).length;
  }

  /** Resolves when code waits for so many milliseconds. */
  awaited(ms: number): Promise<void> {
    return until(() => this.waiting(ms) > 0);
  }

  /** Lets so many milliseconds pass: everything due by then is called, in its order. */
  pass(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = [...this.#calls].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#calls.delete(next);
      this.#now = next.at;
      next.call();
    }
    this.#now = end;
  }
}
