import { setTimeout as sleep } from 'node:timers/promises';
import type { Bounds } from '../../registry-repo/model-process/confined.ts';
import { ModelFailedError } from '../../registry-repo/model-process/errors.ts';
import type { RuntimeManifest } from '../../registry-repo/model-process/messages.ts';
import { ModelProcess } from '../../registry-repo/model-process/model-process.ts';
import type { Client } from '../client.ts';
import { type BatchLimits, BatchQueue, type Item } from './batch.ts';
import { ShuttingDownError, TextCrashesModelError } from './errors.ts';
import { Suspects } from './suspects.ts';

/**
 * The wait before a lost worker is replaced again: the first wait, then twice as long each time, up to the last.
 * Milliseconds.
 */
const [FIRST_WAIT_MS, LAST_WAIT_MS] = [100, 10_000];

/** A worker that lived longer than this is replaced at once. One that lived shorter makes the next wait longer. */
const SOUND_MS = 60_000;

/** So many texts are worth a write of their own. */
const ENOUGH = 16;

/** How long a worker may take to finish its work when it is released. */
const STOP_MS = 5000;

export type PoolOptions = BatchLimits & {
  readonly workers: number;
  readonly threads: number;
  readonly hungMs: number;
  readonly loadMs: number;
  /** The memory and niceness of one worker. */
  readonly bounds: Bounds;
  /** The program of a worker, if it is not the usual one. */
  readonly entry?: URL;
  readonly now?: () => number;
};

/** @returns [B, K] probabilities, row-major */
export type Classify = (texts: readonly string[]) => Promise<Float32Array>;

/** What every worker of a pool loads. */
export type PoolModel = {
  readonly manifest: RuntimeManifest;
  /** Reads the model's files and checks their digests. Called again when a lost worker must be replaced. */
  readonly files: () => Promise<ReadonlyMap<string, Uint8Array>>;
  /** Throws unless a new worker answers as it should. A worker gets requests only after it passed. */
  readonly check: (classify: Classify) => Promise<void>;
};

/**
 * How many workers there should be, how many there are, how many were lost since the start, and how many texts wait.
 */
export type PoolHealth = {
  readonly workers: number;
  readonly usable: number;
  readonly lost: number;
  readonly waiting: number;
};

/** Why a worker in service was lost, or why one could not be replaced. */
export type Trouble = { readonly lost: boolean; readonly error: Error & { readonly code?: string } };

/**
 * Processes that all have the same model, and the requests that wait for them. A process that crashes, hangs or takes
 * too much memory is killed and replaced. Only the requests it was working on fail.
 */
export class Pool {
  readonly #model: PoolModel;
  readonly #options: PoolOptions;
  readonly #onTrouble: (trouble: Trouble) => void;
  readonly #queue: BatchQueue;
  readonly #processes = new Set<ModelProcess>();
  readonly #suspects = new Suspects();
  /**
   * Texts of a batch that failed, and suspects. Each is computed alone, so that one bad text does not fail the others.
   */
  readonly #alone: Item[] = [];
  #lost = 0;
  #lostAt = Number.NEGATIVE_INFINITY;
  #waitMs = 0;
  readonly #closing = new AbortController();
  #closed = false;
  #pumping = false;
  #released: Promise<void> | undefined;

  private constructor(model: PoolModel, options: PoolOptions, onTrouble: (trouble: Trouble) => void) {
    this.#model = model;
    this.#options = options;
    this.#onTrouble = onTrouble;
    this.#queue = new BatchQueue(options);
  }

  /**
   * Makes a pool in which all workers have loaded the model and passed its check.
   *
   * @param onTrouble called for every worker that is lost later, and for every failure to replace one
   * @throws what reading the files, loading or the check threw; then nothing is left running
   */
  static async start(model: PoolModel, options: PoolOptions, onTrouble: (trouble: Trouble) => void): Promise<Pool> {
    const pool = new Pool(model, options, onTrouble);
    const starts = await Promise.allSettled(Array.from({ length: options.workers }, () => pool.#spawn()));
    const failed = starts.find((start) => start.status === 'rejected');
    if (!failed) return pool;
    await pool.release();
    throw failed.reason;
  }

  get health(): PoolHealth {
    const { size: usable } = this.#processes;
    return { workers: this.#options.workers, usable, lost: this.#lost, waiting: this.#queue.waiting };
  }

  /** Whether a request of so many texts would be rejected now. */
  full(texts: number): boolean {
    return this.#queue.full(texts);
  }

  /**
   * Rows of K probabilities, one for each text. Rejects as {@link BatchQueue.submit} does, or with the reason why the
   * worker was lost.
   */
  async classify(texts: readonly string[], client?: Client): Promise<readonly Float32Array[]> {
    if (this.#closed) throw new ShuttingDownError('the server is stopping: ask another one');
    const rows = this.#queue.submit(texts, client);
    this.#pumpSoon();
    return rows;
  }

  /** Fails the waiting requests and ends the workers. Never fails itself; later calls await the first. */
  release(): Promise<void> {
    this.#released ??= this.#stop();
    return this.#released;
  }

  async #stop(): Promise<void> {
    this.#closed = true;
    this.#closing.abort();
    const error = new ShuttingDownError('the server is stopping: ask another one');
    this.#queue.failAll(error);
    for (const item of this.#alone.splice(0)) this.#queue.fail(item, error);
    await Promise.all([...this.#processes].map((process) => process.stop(STOP_MS)));
    this.#processes.clear();
  }

  /** Puts one more worker into service. */
  async #spawn(): Promise<void> {
    const { loadMs, threads, entry, bounds, later } = this.#options;
    const files = await this.#model.files();
    const process: ModelProcess = await ModelProcess.start({
      bounds,
      onEnd: (error) => this.#lose(process, error),
      ...(entry && { entry }),
      ...(later && { later }),
    });
    try {
      await process.load(this.#model.manifest, files, threads, loadMs);
      await this.#model.check((texts) => process.classify(texts, loadMs));
    } catch (error) {
      await process.stop(STOP_MS);
      throw error;
    }
    if (this.#closed) await process.stop(STOP_MS);
    else this.#processes.add(process);
    this.#pump();
  }

  /**
   * Once for all requests that have arrived together: a write to a worker and its waking up cost more than a short text,
   * and idle workers share what is there evenly. Where there is enough, a worker begins while the rest is still read.
   */
  #pumpSoon(): void {
    if (!this.#anyIdle()) return;
    if (this.#queue.waiting >= ENOUGH) {
      this.#pump();
      return;
    }
    if (this.#pumping) return;
    this.#pumping = true;
    setImmediate(() => {
      this.#pumping = false;
      this.#pump();
    });
  }

  #pump(): void {
    const idle = this.#idle();
    for (const [i, process] of idle.entries()) {
      const batch = this.#next(Math.ceil(this.#queue.waiting / (idle.length - i)));
      if (batch.length === 0) return;
      void this.#run(process, batch);
    }
  }

  #anyIdle(): boolean {
    for (const process of this.#processes) if (!process.busy) return true;
    return false;
  }

  #idle(): readonly ModelProcess[] {
    return [...this.#processes].filter((process) => !process.busy);
  }

  /** The texts to compute next: one text that has to be alone, or as many others as may be together. */
  #next(most: number): readonly Item[] {
    for (;;) {
      const alone = this.#alone.shift();
      if (alone?.job.settled) continue;
      if (alone) return [alone];
      const batch = this.#queue.take(most);
      const together = batch.filter((item) => !this.#suspected(item));
      if (together.length > 0 || batch.length === 0) return together;
    }
  }

  /** Whether a text may not be computed with others. Such a text waits for its own turn, or fails at once. */
  #suspected(item: Item): boolean {
    const times = this.#suspects.times(item.text);
    if (times === 1) this.#alone.push(item);
    if (times === 2)
      this.#queue.fail(item, new TextCrashesModelError('the model crashed on this text twice: it is not tried again'));
    return times > 0;
  }

  async #run(process: ModelProcess, batch: readonly Item[]): Promise<void> {
    const texts = batch.map((item) => item.text);
    try {
      const probabilities = await process.classify(texts, this.#options.hungMs);
      const labels = this.#model.manifest.labels.length;
      if (probabilities.length !== batch.length * labels) throw new ModelFailedError('the model gave too few answers');
      batch.forEach(({ job, index }, i) => {
        job.answer(index, probabilities.subarray(i * labels, (i + 1) * labels));
      });
      if (batch.length === 1) this.#suspects.clear(texts[0] as string);
    } catch (error) {
      if (!(error instanceof ModelFailedError)) this.#suspects.accuse(texts);
      if (error instanceof ModelFailedError && batch.length > 1) this.#alone.push(...batch);
      else for (const item of batch) this.#queue.fail(item, error);
    }
    this.#pump();
  }

  #lose(process: ModelProcess, error: Error): void {
    if (!this.#processes.delete(process)) return; // it never was in service: `#spawn` reports it
    this.#lost++;
    const now = (this.#options.now ?? performance.now.bind(performance))();
    const soon = now - this.#lostAt < SOUND_MS;
    this.#lostAt = now;
    this.#waitMs = soon ? Math.min(Math.max(FIRST_WAIT_MS, 2 * this.#waitMs), LAST_WAIT_MS) : 0;
    this.#onTrouble({ lost: true, error });
    if (!this.#closed) void this.#replace(this.#waitMs);
  }

  /** Tries again until it succeeds or the pool is closed. @param wait milliseconds before the first try */
  async #replace(wait: number): Promise<void> {
    for (let pause = wait; !this.#closed; pause = Math.min(Math.max(FIRST_WAIT_MS, 2 * pause), LAST_WAIT_MS)) {
      if (pause > 0) await sleep(pause, undefined, { signal: this.#closing.signal }).catch(() => {});
      if (this.#closed) return;
      try {
        await this.#spawn();
        return;
      } catch (error) {
        this.#onTrouble({ lost: false, error: error as Error });
      }
    }
  }
}
