import { CHAIN_START, linkBatch } from './chain.ts';
import type { NewEvent, StoredEvent } from './envelope.ts';
import { PartialRetryError, StreamConflictError } from './errors.ts';
import { checkAppend, type EventStore, NO_STREAM } from './store.ts';

/** The log in this process's memory: for tests and for replaying a copy. */
export class MemoryStore implements EventStore {
  readonly #log: StoredEvent[] = [];
  readonly #streams = new Map<string, StoredEvent[]>();
  readonly #ids = new Map<string, StoredEvent>();
  readonly #waiting = new Set<() => void>();

  async append(stream: string, expected: number, events: readonly NewEvent[]): Promise<StoredEvent[]> {
    checkAppend(stream, expected, events);
    const known = this.#streams.get(stream) ?? [];
    const present = events.filter((e) => this.#ids.has(e.id)).length;
    if (present > 0) return this.#repeated(stream, expected, events, present);
    if (known.length - 1 !== expected) throw new StreamConflictError(stream, expected, known.length - 1);
    const last = known.at(-1) ?? { revision: NO_STREAM, hash: CHAIN_START };
    const stored = linkBatch(stream, last, events, this.#log.length).map((e) => Object.freeze(e));
    known.push(...stored);
    this.#streams.set(stream, known);
    this.#log.push(...stored);
    for (const event of stored) this.#ids.set(event.id, event);
    for (const wake of this.#waiting) wake();
    return stored;
  }

  #repeated(stream: string, expected: number, events: readonly NewEvent[], present: number): StoredEvent[] {
    const found = (this.#streams.get(stream) ?? []).slice(expected + 1, expected + 1 + events.length);
    if (found.length === events.length && found.every((e, i) => e.id === events[i]?.id)) return found;
    throw new PartialRetryError(stream, present, events.length);
  }

  async readStream(stream: string, { from = 0, limit = 1000 } = {}): Promise<StoredEvent[]> {
    return (this.#streams.get(stream) ?? []).slice(from, from + limit);
  }

  async readAll({ after = 0, limit = 1000 } = {}): Promise<StoredEvent[]> {
    return this.#log.slice(after, after + limit);
  }

  scanAll(options?: { after?: number; limit?: number }): Promise<StoredEvent[]> {
    return this.readAll(options);
  }

  async position(): Promise<number> {
    return this.#log.length;
  }

  async find(id: string): Promise<StoredEvent | null> {
    return this.#ids.get(id) ?? null;
  }

  async *subscribe({ after, signal }: { after: number; signal: AbortSignal }): AsyncIterable<StoredEvent[]> {
    let seen = after;
    while (!signal.aborted) {
      const page = await this.readAll({ after: seen });
      if (page.length > 0) {
        seen = (page.at(-1) as StoredEvent).position;
        yield page;
      } else await this.#nextAppend(signal);
    }
  }

  #nextAppend(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake);
    });
  }

  async close(): Promise<void> {}
}
