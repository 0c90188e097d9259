import type { Series } from '../plots/history.ts';
import type { Report } from './trainer.ts';

/** Keeps what a trainer reports, so that it can be drawn when the run has ended. */
export class RunHistory {
  readonly #series = new Map<string, { name: string; unit: Series['unit']; points: { at: number; value: number }[] }>();

  /** Passes everything on, and keeps it. */
  watch(report: Report): Report {
    return {
      metric: (name, value, step) => {
        this.#add(name, 'step', step, value);
        report.metric(name, value, step);
      },
      epoch: (epoch) => {
        for (const [name, value] of Object.entries(epoch.metrics)) this.#add(name, 'epoch', epoch.epoch, value);
        report.epoch(epoch);
      },
      progress: report.progress,
    };
  }

  /** Epochs come first: people compare runs by them. */
  get series(): Series[] {
    const all = [...this.#series.values()];
    return [...all.filter((s) => s.unit === 'epoch'), ...all.filter((s) => s.unit === 'step')];
  }

  #add(name: string, unit: Series['unit'], at: number, value: number): void {
    const key = `${unit} ${name}`;
    const series = this.#series.get(key) ?? { name, unit, points: [] };
    series.points.push({ at, value });
    this.#series.set(key, series);
  }
}
