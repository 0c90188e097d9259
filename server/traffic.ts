import type { EventData } from '../events/catalogue.ts';
import { refOf, type ServedModel } from './served.ts';

export type TrafficWindow = EventData<'TrafficObserved'>;

/** The requests to one version and their results, since the server started. Every number only grows. */
export type Counts = {
  readonly model: ServedModel;
  requests: number;
  texts: number;
  refused: number;
  failed: number;
  readonly labels: Map<string, number>;
};

/**
 * Counts requests and answers, for each version apart; never texts. Answered requests count as `requests`. `refused`
 * were rejected before a model saw them (4xx, overload); `failed` are the rest.
 */
export class Traffic {
  #from: Date;
  readonly #counts = new Map<string, Counts>();
  /** The counts as they were when the last window ended. */
  readonly #taken = new Map<string, Counts>();

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

  /** Of every version that had requests. */
  totals(): Iterable<Readonly<Counts>> {
    return this.#counts.values();
  }

  /** Ends the window: the requests since the previous window; empty if there were none. */
  take(to: Date): TrafficWindow[] {
    const windows: TrafficWindow[] = [];
    for (const [key, counts] of this.#counts) {
      const grown = since(this.#taken.get(key), counts);
      if (grown.requests + grown.refused + grown.failed === 0) continue;
      this.#taken.set(key, { ...counts, labels: new Map(counts.labels) });
      windows.push({
        model: counts.model.name,
        served: refOf(counts.model),
        from: this.#from.toISOString(),
        to: to.toISOString(),
        ...grown,
      });
    }
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

function since(before: Counts | undefined, { requests, texts, refused, failed, labels }: Counts) {
  return {
    requests: requests - (before?.requests ?? 0),
    texts: texts - (before?.texts ?? 0),
    refused: refused - (before?.refused ?? 0),
    failed: failed - (before?.failed ?? 0),
    labels: Object.fromEntries(
      [...labels]
        .map(([label, count]) => [label, count - (before?.labels.get(label) ?? 0)] as const)
        .filter(([, count]) => count > 0),
    ),
  };
}
