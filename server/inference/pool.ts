import { setTimeout as sleep } from 'node:timers/promises';
import { type BatchLimits, BatchQueue, type Item } from './batch.ts';
import { ModelFailedError, ShuttingDownError, WorkerHungError } from './errors.ts';
import type { RuntimeManifest } from './messages.ts';
import { InferenceThread } from './thread.ts';

/** How often a lost worker is replaced by one that cannot load: first wait, then doubled up to the last. Milliseconds. */
const [FIRST_WAIT_MS, LAST_WAIT_MS] = [100, 10_000];

/** An idle worker has this long to release its model. */
const STOP_MS = 5000;

export type PoolOptions = BatchLimits & {
  readonly workers: number;
  readonly threads: number;
  readonly hungMs: number;
  readonly loadMs: number;
  /** The compiled worker script. */
  readonly entry: URL;
  /** Told of a worker that hangs; the promise resolves should it ever end. */
  readonly onHung?: (ended: Promise<void>) => void;
};

/** @returns [B, K] probabilities, row-major */
export type Classify = (texts: readonly string[]) => Promise<Float32Array>;

/** What every worker of a pool loads. */
export type PoolModel = {
  readonly manifest: RuntimeManifest;
  /** Reads the files of the model, checked; called again when a lost worker must be replaced. */
  readonly files: () => Promise<ReadonlyMap<string, Uint8Array>>;
  /** Throws unless a fresh worker answers as it should; only then it gets requests. */
  readonly check: (classify: Classify) => Promise<void>;
};

/** Workers there should be, are, and hang; texts that wait for one. */
export type PoolHealth = {
  readonly workers: number;
  readonly usable: number;
  readonly hung: number;
  readonly waiting: number;
};

/**
 * Worker threads that all have the same model, and the requests waiting for them. A worker that crashes or hangs is
 * replaced; only the requests it was working on fail.
 */
export class Pool {
  readonly #model: PoolModel;
  readonly #options: PoolOptions;
  readonly #onTrouble: (error: Error) => void;
  readonly #queue: BatchQueue;
  readonly #threads = new Set<InferenceThread>();
  /** Texts of a batch that failed: each gets a second try alone, so that one bad text does not fail its neighbours. */
  readonly #alone: Item[] = [];
  #hung = 0;
  #closed = false;
  #released: Promise<void> | undefined;

  private constructor(model: PoolModel, options: PoolOptions, onTrouble: (error: Error) => void) {
    this.#model = model;
    this.#options = options;
    this.#onTrouble = onTrouble;
    this.#queue = new BatchQueue(options);
  }

  /**
   * A pool whose workers have all loaded the model and passed its check.
   *
   * @param onTrouble told of every worker lost later, and of every failure to replace one
   * @throws what reading the files, loading or the check threw; then nothing is left running
   */
  static async start(model: PoolModel, options: PoolOptions, onTrouble: (error: Error) => void): Promise<Pool> {
    const pool = new Pool(model, options, onTrouble);
    const starts = await Promise.allSettled(Array.from({ length: options.workers }, () => pool.#spawn()));
    const failed = starts.find((start) => start.status === 'rejected');
    if (!failed) return pool;
    await pool.release();
    throw failed.reason;
  }

  get health(): PoolHealth {
    const { size: usable } = this.#threads;
    return { workers: this.#options.workers, usable, hung: this.#hung, waiting: this.#queue.waiting };
  }

  /** Whether a request of so many texts would be turned away now. */
  full(texts: number): boolean {
    return this.#queue.full(texts);
  }

  /** Rows of K probabilities, one for each text. Rejects as {@link BatchQueue.submit}, or with what befell the worker. */
  async classify(texts: readonly string[], signal?: AbortSignal): Promise<readonly Float32Array[]> {
    if (this.#closed) throw new ShuttingDownError('the server is stopping: ask another one');
    const rows = this.#queue.submit(texts, signal);
    this.#pump();
    return rows;
  }

  /** Fails what waits and ends the workers. Never fails itself; later calls await the first. */
  release(): Promise<void> {
    this.#released ??= this.#stop();
    return this.#released;
  }

  async #stop(): Promise<void> {
    this.#closed = true;
    const error = new ShuttingDownError('the server is stopping: ask another one');
    this.#queue.failAll(error);
    for (const item of this.#alone.splice(0)) this.#queue.fail(item, error);
    await Promise.all([...this.#threads].map((thread) => thread.stop(STOP_MS)));
    this.#threads.clear();
  }

  /** One more worker in service. */
  async #spawn(): Promise<void> {
    const { loadMs, threads, entry } = this.#options;
    const files = new Map<string, Uint8Array>();
    for (const [path, bytes] of await this.#model.files()) files.set(path, new Uint8Array(bytes)); // copied: it is handed over
    const thread = new InferenceThread(entry, (error) => this.#lose(thread, error), this.#options.later);
    try {
      await thread.load({ order: 'load', manifest: this.#model.manifest, files, threads }, loadMs);
      await this.#model.check((texts) => thread.classify(texts, loadMs));
    } catch (error) {
      await thread.stop(STOP_MS);
      throw error;
    }
    if (this.#closed) await thread.stop(STOP_MS);
    else this.#threads.add(thread);
    this.#pump();
  }

  #pump(): void {
    for (const thread of this.#threads) {
      if (thread.busy) continue;
      const alone = this.#alone.shift();
      const batch = alone ? [alone] : this.#queue.take();
      if (batch.length === 0) return;
      void this.#run(thread, batch);
    }
  }

  async #run(thread: InferenceThread, batch: readonly Item[]): Promise<void> {
    try {
      const texts = batch.map((item) => item.text);
      const probabilities = await thread.classify(texts, this.#options.hungMs);
      const labels = this.#model.manifest.labels.length;
      if (probabilities.length !== batch.length * labels) throw new ModelFailedError('the model gave too few answers');
      batch.forEach(({ job, index }, i) => {
        job.answer(index, probabilities.subarray(i * labels, (i + 1) * labels));
      });
    } catch (error) {
      if (error instanceof ModelFailedError && batch.length > 1) this.#alone.push(...batch);
      else for (const item of batch) this.#queue.fail(item, error);
    }
    this.#pump();
  }

  #lose(thread: InferenceThread, error: Error): void {
    if (error instanceof WorkerHungError) {
      this.#hung++;
      void thread.ended.then(() => this.#hung--);
      this.#options.onHung?.(thread.ended);
    }
    if (!this.#threads.delete(thread)) return; // never was in service: `#spawn` tells
    this.#onTrouble(error);
    if (!this.#closed) void this.#replace();
  }

  async #replace(): Promise<void> {
    for (let wait = FIRST_WAIT_MS; !this.#closed; wait = Math.min(2 * wait, LAST_WAIT_MS)) {
      // Each hung thread may hold a core and a whole model for ever: no more of them than workers.
      if (this.#hung <= this.#options.workers) {
        try {
          await this.#spawn();
          return;
        } catch (error) {
          this.#onTrouble(error as Error);
        }
      }
      await sleep(wait, undefined, { ref: false });
    }
  }
}
