import type { Fact } from '../../events/catalogue.ts';
import { type Command, encodeFacts, type NewEvent, type StoredEvent } from '../../events/envelope.ts';
import { type EventStore, NO_STREAM } from '../../events/store.ts';
import { runStream } from '../../events/streams.ts';

/** The most facts that wait for one append. */
const BATCH = 1000;

/**
 * The longest wait of a fact, so that a watcher sees a run's progress, unless the store asks for more. Milliseconds.
 */
const WAIT_MS = 500;

type Options = {
  readonly store: EventStore;
  readonly runId: string;
  readonly clock: () => Date;
  readonly command: Omit<Command, 'commandId' | 'time'>;
  /** The revision to continue after, and the request, which has an id of its own; if left out, the run begins. */
  readonly goesOn?: { readonly last: Last; readonly request: string };
};

type Last = { readonly revision: number; readonly hash: string };

/**
 * The one writer of a run's stream. Facts are gathered and appended together, in order: ten thousand metric points take
 * about ten transactions. A fact is durable once the `flush` after it has resolved.
 *
 * A run that is reported in several requests has a journal for each, which continues where the one before ended. If two
 * continue from the same place, one fails with `StreamConflictError`. A request that is repeated changes nothing.
 */
export class RunJournal {
  readonly stream: string;
  readonly #options: Options;
  #waiting: NewEvent[] = [];
  #last: Last;
  #writing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #batches = 0;
  #failure: unknown;

  constructor(options: Options) {
    this.#options = options;
    this.stream = runStream(options.runId);
    this.#last = options.goesOn?.last ?? { revision: NO_STREAM, hash: '' };
  }

  /** Whether anything was ever recorded. */
  get began(): boolean {
    return this.#last.revision > NO_STREAM || this.#batches > 0;
  }

  /** The last event that is known to be stored. */
  get last(): Last {
    return this.#last;
  }

  /** @throws {InvalidEventError} at once, if a fact does not match the catalogue */
  record(...facts: Fact[]): void {
    const { command, clock, runId, goesOn } = this.#options;
    // Ids of events are made from it, so that another request's events are never taken for a repetition of this one's.
    const commandId = ['run', runId, ...(goesOn ? [goesOn.request] : []), this.#batches++].join(':');
    this.#waiting.push(...encodeFacts({ ...command, commandId, time: clock() }, facts));
    if (this.#waiting.length >= BATCH) this.#write();
    else this.#timer ??= setTimeout(() => this.#write(), this.#options.store.batchMs ?? WAIT_MS);
  }

  /** Waits until everything recorded so far is stored. @throws what the store threw, now or earlier */
  async flush(): Promise<void> {
    this.#write();
    await this.#writing;
    if (this.#failure) throw this.#failure;
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#waiting;
    this.#waiting = [];
    if (batch.length === 0) return;
    this.#writing = this.#writing.then(async () => {
      if (this.#failure) return;
      try {
        const stored = await this.#options.store.append(this.stream, this.#last.revision, batch);
        const { revision, hash } = stored.at(-1) as StoredEvent;
        this.#last = { revision, hash };
      } catch (error) {
        this.#failure = error;
      }
    });
  }
}
