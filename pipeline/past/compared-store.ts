import type { ReadableEvent } from '../../events/decode.ts';
import type { NewEvent, StoredEvent } from '../../events/envelope.ts';
import type { CopyableStore } from '../../events/store.ts';

/** A log that answers and takes events only when it holds what main proves. */
export class ComparedStore implements CopyableStore {
  readonly batchMs?: number;
  readonly #store: CopyableStore;
  readonly #compare: (appends: boolean) => Promise<boolean>;
  #comparing: Promise<boolean> | null = null;

  /**
   * @param compare called before each use until it has given true: from then on nothing is left to compare. It throws
   * if the log lacks something
   */
  constructor(store: CopyableStore, compare: (appends: boolean) => Promise<boolean>) {
    if (store.batchMs !== undefined) this.batchMs = store.batchMs;
    this.#store = store;
    this.#compare = compare;
  }

  async append(stream: string, expected: number, events: readonly NewEvent[]): Promise<StoredEvent[]> {
    return (await this.#compared(true)).append(stream, expected, events);
  }

  async readStream(stream: string, options?: { from?: number; limit?: number }): Promise<StoredEvent[]> {
    return (await this.#compared()).readStream(stream, options);
  }

  async readAll(options?: { after?: number; limit?: number }): Promise<StoredEvent[]> {
    return (await this.#compared()).readAll(options);
  }

  async scanAll(options?: { after?: number; limit?: number }): Promise<ReadableEvent[]> {
    return (await this.#compared()).scanAll(options);
  }

  async position(): Promise<number> {
    return (await this.#compared()).position();
  }

  async find(id: string): Promise<StoredEvent | null> {
    return (await this.#compared()).find(id);
  }

  async *subscribe(options: { after: number; signal: AbortSignal }): AsyncIterable<StoredEvent[]> {
    yield* (await this.#compared()).subscribe(options);
  }

  async damage(): Promise<string[]> {
    return (await this.#store.damage?.()) ?? [];
  }

  async copyTo(file: string): Promise<void> {
    await (await this.#compared()).copyTo(file);
  }

  async close(): Promise<void> {
    await this.#store.close();
  }

  /** One comparison at a time; one that failed, or had nothing to compare with, is made again. */
  async #compared(appends = false): Promise<CopyableStore> {
    const shared = this.#comparing;
    const comparing = shared ?? this.#compare(appends);
    this.#comparing = comparing;
    let done = false;
    try {
      done = await comparing;
    } finally {
      if (!done && this.#comparing === comparing) this.#comparing = null;
    }
    if (!done && appends && shared) await this.#compare(appends); // the one that was shared did not ask for an append
    return this.#store;
  }
}
