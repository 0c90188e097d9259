import { setTimeout as sleep } from 'node:timers/promises';
import type { Fact } from '../events/catalogue.ts';
import { encodeFacts, type NewEvent } from '../events/envelope.ts';
import { PartialRetryError, StreamConflictError } from '../events/errors.ts';
import { type EventStore, NO_STREAM } from '../events/store.ts';
import { serverStream } from '../events/streams.ts';
import type { Log } from './log.ts';

/** A store that fails is tried again after the first wait, then after twice as long, up to the last. Milliseconds. */
const [FIRST_WAIT_MS, LAST_WAIT_MS] = [200, 30_000];

/** How often another process of this name may append first before this one waits, as for a store that fails. */
const MOST_CONFLICTS = 20;

/** A day of minutes, and some more. If a store is away for longer, the oldest facts are lost and the server goes on. */
const MOST_WAITING = 5000;

export type RecorderOptions = {
  readonly store: EventStore;
  readonly instance: string;
  /** Different for every start of a server, so that no two starts write the same event ids. */
  readonly start: string;
  readonly clock: () => Date;
  readonly log: Log;
};

/**
 * Writes facts to `server-<instance>`, in order, as a background task: recording neither waits nor fails. If several
 * processes have one instance name, each only has to read the stream's revision again.
 */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #stream: string;
  readonly #waiting: NewEvent[] = [];
  readonly #stopped = new AbortController();
  #recorded = 0;
  #revision: number | undefined;
  #writing: Promise<void> | undefined;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#stream = serverStream(options.instance);
  }

  /** Facts that are not stored yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  record(fact: Fact): void {
    const { instance, start, clock, log } = this.#options;
    const actor = `server ${instance}`;
    const command = { correlationId: `server:${start}`, causationId: null, actor, source: 'pawl/server' };
    try {
      const commandId = `server:${start}:${this.#recorded++}`;
      this.#waiting.push(...encodeFacts({ ...command, commandId, time: clock() }, [fact]));
    } catch (error) {
      log.error(
        { detail: (error as Error).message, type: fact.type },
        'a fact is not in the catalogue and was not recorded',
      );
    }
    if (this.#waiting.length > MOST_WAITING) {
      const lost = this.#waiting.splice(0, this.#waiting.length - MOST_WAITING);
      log.error({ lost: lost.length }, 'the event store has been away for too long: the oldest facts are lost');
    }
    this.#write();
  }

  /** Waits until all recorded facts are stored, up to a time limit. @returns whether everything is stored */
  async close(timeoutMs: number): Promise<boolean> {
    const timer = setTimeout(() => this.#stopped.abort(), timeoutMs);
    while (this.#writing !== undefined) await this.#writing;
    clearTimeout(timer);
    this.#stopped.abort();
    const { length } = this.#waiting;
    if (length > 0) this.#options.log.error({ lost: length }, 'stopped before the event store took the last facts');
    return length === 0;
  }

  #write(): void {
    if (this.#writing || this.#waiting.length === 0 || this.#stopped.signal.aborted) return;
    this.#writing = this.#drain().then(() => {
      this.#writing = undefined;
      this.#write();
    });
  }

  async #drain(): Promise<void> {
    let [wait, conflicts] = [FIRST_WAIT_MS, 0];
    while (this.#waiting.length > 0 && !this.#stopped.signal.aborted) {
      const event = this.#waiting[0] as NewEvent;
      try {
        await this.#append(event);
        if (this.#waiting[0] === event) this.#waiting.shift();
        [wait, conflicts] = [FIRST_WAIT_MS, 0];
      } catch (error) {
        this.#revision = undefined;
        if (error instanceof StreamConflictError && ++conflicts < MOST_CONFLICTS) continue;
        this.#options.log.warn(
          { detail: (error as Error).message, waiting: this.#waiting.length },
          'the event store does not take facts, trying again',
        );
        await sleep(wait, undefined, { signal: this.#stopped.signal, ref: false }).catch(() => {});
        wait = Math.min(2 * wait, LAST_WAIT_MS);
      }
    }
  }

  /** Appends one event at a time: an append that is repeated is then either stored whole or not at all. */
  async #append(event: NewEvent): Promise<void> {
    const { store } = this.#options;
    this.#revision ??= await lastRevision(store, this.#stream);
    try {
      const [stored] = await store.append(this.#stream, this.#revision, [event]);
      this.#revision = stored?.revision;
    } catch (error) {
      // The event was stored by an append whose answer was lost, before another process appended to the stream.
      if (!(error instanceof PartialRetryError)) throw error;
      this.#revision = undefined;
    }
  }
}

/** A binary search, because a server's stream grows for years; revisions have no gaps. */
async function lastRevision(store: EventStore, stream: string): Promise<number> {
  const exists = async (revision: number) => (await store.readStream(stream, { from: revision, limit: 1 })).length > 0;
  if (!(await exists(0))) return NO_STREAM;
  let [there, beyond] = [0, 1];
  for (; await exists(beyond); beyond *= 2) there = beyond;
  while (beyond - there > 1) {
    const middle = Math.floor((there + beyond) / 2);
    if (await exists(middle)) there = middle;
    else beyond = middle;
  }
  return there;
}
