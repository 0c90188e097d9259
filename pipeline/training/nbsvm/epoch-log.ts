import type { Report } from '../trainer.ts';
import type { EpochReply } from './thread.ts';

/**
 * Labels are learnt separately, perhaps in parallel, but are shown as one run. A pass is reported when all labels that
 * are still learning have made it: the largest violation, the mean share of mistakes, the time together.
 */
export class EpochLog {
  readonly #report: Report;
  readonly #of: number;
  /** By label, its passes. */
  readonly #passes = new Map<number, EpochReply[]>();
  readonly #outputs: number;
  #reported = 0;

  constructor(outputs: number, of: number, report: Report) {
    this.#outputs = outputs;
    this.#of = of;
    this.#report = report;
  }

  note(epoch: EpochReply): void {
    const passes = this.#passes.get(epoch.label) ?? [];
    passes.push(epoch);
    this.#passes.set(epoch.label, passes);
    this.#report.progress('learning', this.#made(), this.#outputs * this.#of);
    while (this.#complete()) this.#tell(this.#reported++);
  }

  #made(): number {
    return [...this.#passes.values()].reduce((sum, p) => sum + (ended(p, this.#of) ? this.#of : p.length), 0);
  }

  /** Whether the next pass is known for every label: made, or never to be made. */
  #complete(): boolean {
    const all = [...this.#passes.values()];
    if (all.length < this.#outputs || all.every((p) => p.length <= this.#reported)) return false;
    return all.every((p) => p.length > this.#reported || ended(p, this.#of));
  }

  #tell(epoch: number): void {
    const made = [...this.#passes.values()].flatMap((p) => p[epoch] ?? []);
    const violation = Math.max(...made.map((m) => m.violation));
    const mistakes = made.reduce((sum, m) => sum + m.mistakes, 0) / made.length;
    const durationMs = made.reduce((sum, m) => sum + m.durationMs, 0);
    this.#report.epoch({ epoch: epoch + 1, of: this.#of, metrics: { violation, mistakes }, durationMs });
  }
}

const ended = (passes: readonly EpochReply[], of: number): boolean =>
  passes.length >= of || (passes.at(-1)?.converged ?? false);
