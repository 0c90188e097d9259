import type { ReadableEvent } from './decode.ts';
import type { NewEvent, StoredEvent } from './envelope.ts';
import { InvalidAppendError } from './errors.ts';
import { parseStream } from './streams.ts';

/** The revision of a stream that has no events. */
export const NO_STREAM = -1;

/** The most events one append takes, so that a transaction stays short. Split more events into several appends. */
export const MAX_BATCH = 10_000;

/**
 * An append-only log of streams.
 *
 * The stream's revision is the only lock: an append names the revision on which it was decided. Positions order the
 * whole store. A stream's events stand in the order of their revisions. A reader that has seen position p is never
 * shown an event at or before p that it has not seen. A store that is elsewhere, and orders its events in its own way,
 * is read through a copy that counts them as they arrive (`LocalCopy`).
 */
export type EventStore = {
  /**
   * How long a writer should gather events before it appends, in milliseconds, where an append is expensive; else left
   * out.
   */
  readonly batchMs?: number;

  /**
   * Appends all events or none, as revisions `expected + 1…`, durable when the promise resolves. An append that is
   * already stored changes nothing when it is repeated, and gives the same answer.
   *
   * @param expected revision of the last event the caller has read, `NO_STREAM` for none
   * @throws {StreamConflictError} the stream has moved on
   * @throws {PartialRetryError} some of the ids are stored, but not as this batch
   * @throws {InvalidAppendError} empty, too large, repeated ids, or no stream name
   */
  append(stream: string, expected: number, events: readonly NewEvent[]): Promise<StoredEvent[]>;

  /** A stream's events in order of revision, from `from` (0 by default), at most `limit` (1,000 by default). */
  readStream(stream: string, options?: { from?: number; limit?: number }): Promise<StoredEvent[]>;

  /** All events after a position (0 by default), at most `limit` (1,000 by default), with hashes. */
  readAll(options?: { after?: number; limit?: number }): Promise<StoredEvent[]>;

  /** As `readAll`, but only with what a fold needs: about three times faster. */
  scanAll(options?: { after?: number; limit?: number }): Promise<ReadableEvent[]>;

  /** The last position; 0 for an empty store. */
  position(): Promise<number>;

  /** The event with this id, or null. */
  find(id: string): Promise<StoredEvent | null>;

  /** Pages of events after a position, now and as they are appended by any process, until the signal aborts. */
  subscribe(options: { after: number; signal: AbortSignal }): AsyncIterable<StoredEvent[]>;

  /** What the store's own check of its file finds, in its words; empty if all is well. Left out where there is no file, or it is a copy. */
  damage?(): Promise<string[]>;

  close(): Promise<void>;
};

/** A store that can write a consistent copy of the whole log into a new file. */
export type CopyableStore = EventStore & {
  /** @throws {StoreError} if the file exists */
  copyTo(file: string): Promise<void>;
};

/** Checks that every adapter makes before it touches its database. @throws {InvalidAppendError} */
export function checkAppend(stream: string, expected: number, events: readonly NewEvent[]): void {
  parseStream(stream);
  if (!Number.isSafeInteger(expected) || expected < NO_STREAM)
    throw new InvalidAppendError(
      `expected revision ${expected} is not a revision: pass NO_STREAM (-1) or the last revision read`,
    );
  if (events.length === 0) throw new InvalidAppendError(`nothing to append to ${stream}`);
  if (events.length > MAX_BATCH)
    throw new InvalidAppendError(
      `${events.length} events in one append to ${stream}: split them, ${MAX_BATCH} at most`,
    );
  if (new Set(events.map((e) => e.id)).size !== events.length)
    throw new InvalidAppendError(`an id occurs twice in one append to ${stream}: build ids from command id and index`);
}

/** Every event of a stream, page by page. */
export async function wholeStream(store: EventStore, stream: string): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for (;;) {
    const page = await store.readStream(stream, { from: events.length, limit: 1000 });
    events.push(...page);
    if (page.length < 1000) return events;
  }
}

/** Every event of the store up to a position, page by page, in constant memory. */
export async function* wholeLog(
  store: EventStore,
  options: { after?: number; until?: number } = {},
): AsyncIterable<StoredEvent[]> {
  let after = options.after ?? 0;
  const until = options.until ?? (await store.position());
  while (after < until) {
    const page = await store.readAll({ after, limit: Math.min(1000, until - after) });
    const last = page.at(-1);
    if (!last) return;
    yield page;
    after = last.position;
  }
}
