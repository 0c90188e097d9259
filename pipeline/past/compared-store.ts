import type { ReadableEvent } from '../../events/decode.ts';
import type { NewEvent, StoredEvent } from '../../events/envelope.ts';
import type { CopyableStore } from '../../events/store.ts';

/** A log that answers and takes events only when it holds what main proves. */
export class ComparedStore implements CopyableStore {
  readonly batchMs?: number;
  readonly #store: CopyableStore;
  readonly #compare: () => Promise<boolean>;
  #comparing: Promise<boolean> | null = null;

  /**
   * @param compare called before each use until it has given true: from then on nothing is left to compare. It throws
   * if the log lacks something
   */
  constructor(store: CopyableStore, compare: () => Promise<boolean>) {
    if (store.batchMs !== undefined) this.batchMs = store.batchMs;
    this.#store = store;
    this.#compare = compare;
  }

  async append(stream: string, expected: number, events: readonly NewEvent[]): Promise<StoredEvent[]> {
    return (await this.#compared()).append(stream, expected, events);
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
  async #compared(): Promise<CopyableStore> {
    this.#comparing ??= this.#compare();
    const comparing = this.#comparing;
    const done = await comparing.catch((error: unknown) => {
      if (this.#comparing === comparing) this.#comparing = null;
      throw error;
    });
    if (!done && this.#comparing === comparing) this.#comparing = null;
    return this.#store;
  }
}
