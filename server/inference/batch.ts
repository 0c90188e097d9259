import { type Later, later } from '../../registry-repo/later.ts';
import type { Client } from '../client.ts';
import { DeadlineExceededError, OverloadedError, QueueFullError, RequestAbortedError } from './errors.ts';

/** One text of a request, on its way to a worker. */
export type Item = { readonly text: string; readonly job: Job; readonly index: number };

/** The cost of a text besides its characters, so that thousands of empty texts do not make a small batch. */
const ITEM_COST = 32;

/** One request: its texts, and the rows of probabilities that have come back. */
class Job {
  readonly texts: readonly string[];
  readonly rows: Float32Array[];
  readonly promise: Promise<readonly Float32Array[]>;
  taken = 0;
  settled = false;
  #left: number;
  #settle: { resolve: (rows: readonly Float32Array[]) => void; reject: (error: unknown) => void } | undefined;
  #cleanup: () => void = () => {};

  constructor(texts: readonly string[]) {
    this.texts = texts;
    this.rows = new Array(texts.length);
    this.#left = texts.length;
    this.promise = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }

  get waiting(): number {
    return this.settled ? 0 : this.texts.length - this.taken;
  }

  /** Calls `end` at the deadline or when the client is gone, whichever comes first, unless the job ended before. */
  limit({ deadlineMs, later: wait = later }: BatchLimits, client: Client | undefined, end: (error: Error) => void) {
    const late = () => {
      const [Late, what] =
        this.taken === 0 ? [OverloadedError, 'its turn had not come'] : [DeadlineExceededError, 'it was not finished'];
      end(
        new Late(`the request was given up after ${deadlineMs} ms, when ${what}: ask again later, or for less at once`),
      );
    };
    const aborted = () => end(new RequestAbortedError('the request was aborted by its sender'));
    const cancel = wait(deadlineMs, late);
    const listened = client?.onGone(aborted);
    this.#cleanup = () => {
      cancel();
      listened?.();
    };
  }

  answer(index: number, row: Float32Array): void {
    if (this.settled) return;
    this.rows[index] = row;
    this.#left--;
    if (this.#left > 0) return;
    this.#end();
    this.#settle?.resolve(this.rows);
  }

  fail(error: unknown): void {
    if (this.settled) return;
    this.#end();
    this.#settle?.reject(error);
  }

  #end(): void {
    this.settled = true;
    this.#cleanup();
  }
}

export type BatchLimits = {
  readonly queueTexts: number;
  readonly batchCharacters: number;
  readonly deadlineMs: number;
  /** Counts time limits, where it is not the machine's clock. */
  readonly later?: Later;
};

/**
 * Requests that wait for a worker. There is no timer: an idle worker takes what is there, and while all workers are
 * busy the next batch fills. Requests take turns, one text each, so that a large request does not delay small ones.
 */
export class BatchQueue {
  readonly #limits: BatchLimits;
  readonly #jobs: Job[] = [];
  #waiting = 0;

  constructor(limits: BatchLimits) {
    this.#limits = limits;
  }

  /** Texts that no worker has taken yet. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Whether a request of so many texts would be rejected now. An empty queue accepts any one request. */
  full(texts: number): boolean {
    return this.#waiting > 0 && this.#waiting + texts > this.#limits.queueTexts;
  }

  /**
   * The rows of probabilities of one request's texts, in order.
   *
   * @throws {QueueFullError} at once
   * @throws {OverloadedError | DeadlineExceededError | RequestAbortedError} later; then no worker computes the rest of
   *   it
   */
  async submit(texts: readonly string[], client?: Client): Promise<readonly Float32Array[]> {
    if (texts.length === 0) return [];
    if (client?.gone) throw new RequestAbortedError('the request was aborted by its sender');
    if (this.full(texts.length))
      throw new QueueFullError(`${this.#waiting} texts are waiting already: ask again in a moment`);
    const job = new Job(texts);
    job.limit(this.#limits, client, (error) => this.#drop(job, error));
    this.#jobs.push(job);
    this.#waiting += texts.length;
    return job.promise;
  }

  /**
   * The next batch: as many texts as the budget allows, and at least one if any waits.
   *
   * @param most texts, so that several idle workers share what waits
   */
  take(most = Number.POSITIVE_INFINITY): Item[] {
    const batch: Item[] = [];
    let cost = 0;
    for (let job = this.#jobs[0]; job && batch.length < most; job = this.#jobs[0]) {
      const text = job.texts[job.taken] as string;
      cost += text.length + ITEM_COST;
      if (batch.length > 0 && cost > this.#limits.batchCharacters) break;
      this.#jobs.shift();
      batch.push({ text, job, index: job.taken++ });
      this.#waiting--;
      if (job.waiting > 0) this.#jobs.push(job);
    }
    return batch;
  }

  /** Fails one text, and with it its whole request. */
  fail({ job }: Item, error: unknown): void {
    this.#drop(job, error);
  }

  /** Fails everything that waits. */
  failAll(error: unknown): void {
    for (const job of [...this.#jobs]) this.#drop(job, error);
  }

  #drop(job: Job, error: unknown): void {
    const at = this.#jobs.indexOf(job);
    if (at >= 0) {
      this.#jobs.splice(at, 1);
      this.#waiting -= job.waiting;
    }
    job.fail(error);
  }
}
