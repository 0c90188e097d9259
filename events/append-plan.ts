import { CHAIN_START, linkBatch } from './chain.ts';
import type { NewEvent, StoredEvent } from './envelope.ts';
import { PartialRetryError, type PawlError, StreamConflictError } from './errors.ts';
import { NO_STREAM } from './store.ts';

export type Append = { readonly stream: string; readonly expected: number; readonly events: readonly NewEvent[] };

/** The result of an append: what was stored, or why nothing was. */
export type Outcome = { readonly stored: StoredEvent[] } | { readonly error: PawlError };

/** What the decision about an append needs to know of a log. */
export type LogView = {
  /** The last position; 0 for an empty log. */
  readonly position: number;
  head(stream: string): { readonly revision: number; readonly hash: string } | null;
  /** Events of a stream, starting at a revision. */
  slice(stream: string, from: number, limit: number): StoredEvent[];
  has(id: string): boolean;
};

/**
 * Plans several appends, one after the other: each is decided on the log as the appends before it will leave it.
 * Nothing is written. The caller stores all batches together, or throws the plan away and makes it again.
 */
export class AppendPlan {
  readonly batches: StoredEvent[][] = [];
  readonly #view: LogView;
  readonly #added = new Map<string, StoredEvent[]>();
  readonly #ids = new Set<string>();
  #position: number;

  constructor(view: LogView) {
    this.#view = view;
    this.#position = view.position;
  }

  decide({ stream, expected, events }: Append): Outcome {
    const last = this.#added.get(stream)?.at(-1) ??
      this.#view.head(stream) ?? { revision: NO_STREAM, hash: CHAIN_START };
    const present = events.filter((e) => this.#ids.has(e.id) || this.#view.has(e.id)).length;
    if (last.revision === expected && present === 0)
      return { stored: this.#add(linkBatch(stream, last, events, this.#position)) };
    const found = this.#slice(stream, expected + 1, events.length);
    if (found.length === events.length && found.every((e, i) => e.id === events[i]?.id)) return { stored: found };
    return {
      error:
        present > 0
          ? new PartialRetryError(stream, present, events.length)
          : new StreamConflictError(stream, expected, last.revision),
    };
  }

  #slice(stream: string, from: number, limit: number): StoredEvent[] {
    const added = (this.#added.get(stream) ?? []).filter((e) => e.revision >= from && e.revision < from + limit);
    return [...this.#view.slice(stream, from, limit), ...added];
  }

  #add(batch: StoredEvent[]): StoredEvent[] {
    const [{ stream } = { stream: '' }] = batch;
    this.batches.push(batch);
    this.#added.set(stream, [...(this.#added.get(stream) ?? []), ...batch]);
    for (const { id } of batch) this.#ids.add(id);
    this.#position += batch.length;
    return batch;
  }
}
