import type { ReadableEvent } from './decode.ts';
import type { StoredEvent } from './envelope.ts';
import { StoreError } from './errors.ts';
import { type Bookmark, SqliteStore } from './store.sqlite.ts';

type Options = {
  /** The copy's database; it may be deleted. */
  readonly file: string;
  /** Updates the copy with what the store elsewhere holds now, through `adopt`. @throws {StoreError} */
  readonly news: () => Promise<void>;
  /** How old the copy may be when a read is answered, in milliseconds. */
  readonly freshMs: number;
  /** How often a subscription looks for new events, in milliseconds. */
  readonly pollMs: number;
  /** Monotonic time in milliseconds. */
  readonly now: () => number;
};

/**
 * A copy, in SQLite, of a log that is elsewhere. It counts the events from 1 in the order in which they arrive, and
 * serves all reads. It is updated when it is older than `freshMs`, by one update at a time.
 */
export class LocalCopy {
  readonly #options: Options;
  readonly #store: SqliteStore;
  readonly #waiting = new Set<() => void>();
  #looking: Promise<void> = Promise.resolve();
  /** When the last successful update began. */
  #lookedAt = Number.NEGATIVE_INFINITY;

  /** @throws {StoreError} if the file cannot be opened, or is a log of its own */
  constructor(options: Options) {
    this.#options = options;
    this.#store = new SqliteStore(options.file, { copy: true });
  }

  /** Reads of the copy without an update first. */
  get store(): Pick<SqliteStore, 'bookmark' | 'head' | 'look'> {
    return this.#store;
  }

  /** Whether an update that began at this time or later has succeeded. */
  hasLookedSince(time: number): boolean {
    return this.#lookedAt >= time;
  }

  /**
   * Stores events that follow those already here. The store elsewhere holds them at `commit`, its own name for that
   * place.
   */
  async adopt(events: readonly StoredEvent[], commit: string): Promise<void> {
    const last = events.at(-1);
    if (last) await this.#store.adopt(events, { commit, position: last.position } satisfies Bookmark);
    for (const wake of this.#waiting) wake();
  }

  /** Updates the copy unless an update that began at most `ageMs` before the call has succeeded. */
  catchUp(ageMs: number): Promise<void> {
    const oldest = this.#options.now() - ageMs;
    const look = async () => {
      if (this.#lookedAt >= oldest && this.#lookedAt !== Number.NEGATIVE_INFINITY) return;
      const began = this.#options.now();
      await this.#options.news();
      this.#lookedAt = began;
    };
    const looking = this.#looking.then(look, look);
    this.#looking = looking.catch(() => {});
    return looking;
  }

  async #fresh(): Promise<SqliteStore> {
    await this.catchUp(this.#options.freshMs);
    return this.#store;
  }

  async readStream(stream: string, options?: { from?: number; limit?: number }): Promise<StoredEvent[]> {
    return (await this.#fresh()).readStream(stream, options);
  }

  async readAll(options?: { after?: number; limit?: number }): Promise<StoredEvent[]> {
    return (await this.#fresh()).readAll(options);
  }

  async scanAll(options?: { after?: number; limit?: number }): Promise<ReadableEvent[]> {
    return (await this.#fresh()).scanAll(options);
  }

  async position(): Promise<number> {
    return (await this.#fresh()).position();
  }

  async find(id: string): Promise<StoredEvent | null> {
    return (await this.#fresh()).find(id);
  }

  /** Continues when the store cannot be reached for a while; ends with an error when it is broken. */
  async *subscribe({ after, signal }: { after: number; signal: AbortSignal }): AsyncIterable<StoredEvent[]> {
    let seen = after;
    while (!signal.aborted) {
      const page = await this.#store.readAll({ after: seen });
      const last = page.at(-1);
      if (last) {
        seen = last.position;
        yield page;
        continue;
      }
      const adopted = this.#nextAdopted(signal);
      await this.catchUp(this.#options.pollMs / 2).catch((error) => {
        if (!(error instanceof StoreError)) throw error;
      });
      await adopted;
    }
  }

  /** Waits until events arrived, or until it is time for the next update. */
  #nextAdopted(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, this.#options.pollMs);
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake);
      if (signal.aborted) wake();
    });
  }

  /** A consistent copy of the whole log, up to date, in a new file. @throws {StoreError} if the file exists */
  async copyTo(file: string): Promise<void> {
    await this.catchUp(0);
    await this.#store.copyTo(file);
  }

  /** Waits for the update that is running. Never fails. */
  settled(): Promise<void> {
    return this.#looking;
  }

  async close(): Promise<void> {
    await this.#looking;
    await this.#store.close();
  }
}
