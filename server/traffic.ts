import type { EventData } from '../events/catalogue.ts';
import { refOf, type ServedModel } from './served.ts';

export type TrafficWindow = EventData<'TrafficObserved'>;

type Counts = { readonly model: ServedModel; requests: number; texts: number; refused: number; failed: number } & {
  readonly labels: Map<string, number>;
};

/**
 * Counts what is asked and answered, for each version by itself; never texts.
 * Answered requests count as `requests`. `refused` were turned away before a model saw them (4xx, overload), `failed` are the rest.
 */
export class Traffic {
  #from: Date;
  readonly #counts = new Map<string, Counts>();

  constructor(from: Date) {
    this.#from = from;
  }

  answered(model: ServedModel, labels: readonly string[]): void {
    const counts = this.#of(model);
    counts.requests++;
    counts.texts += labels.length;
    for (const label of labels) counts.labels.set(label, (counts.labels.get(label) ?? 0) + 1);
  }

  /** @param model the one in production at that moment; without one there is nothing to record */
  refused(model: ServedModel | null): void {
    if (model) this.#of(model).refused++;
  }

  failed(model: ServedModel | null): void {
    if (model) this.#of(model).failed++;
  }

  /** Ends the window; empty if nobody asked for anything. */
  take(to: Date): TrafficWindow[] {
    const windows = [...this.#counts.values()].map(({ model, labels, ...counts }) => ({
      model: model.name,
      served: refOf(model),
      from: this.#from.toISOString(),
      to: to.toISOString(),
      ...counts,
      labels: Object.fromEntries(labels),
    }));
    this.#counts.clear();
    this.#from = to;
    return windows;
  }

  #of(model: ServedModel): Counts {
    const key = `${model.version} ${model.manifest}`;
    const known = this.#counts.get(key);
    if (known) return known;
    const fresh = { model, requests: 0, texts: 0, refused: 0, failed: 0, labels: new Map<string, number>() };
    this.#counts.set(key, fresh);
    return fresh;
  }
}
