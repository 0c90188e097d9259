// Before any thread: a thread cannot set it for native code.
import '../../registry-repo/runtime/no-telemetry.ts';

import { Worker } from 'node:worker_threads';
import { type Later, later, within } from '../../registry-repo/later.ts';
import { ModelFailedError, ModelUnloadableError, WorkerHungError, WorkerLostError } from './errors.ts';
import type { Answer, Order } from './messages.ts';

/** A released worker ends by itself within moments; this is for one that something keeps alive. */
const EXIT_MS = 1000;

/** The order that has not been answered yet. */
class Pending {
  readonly answer: Promise<Answer>;
  resolve: (answer: Answer) => void = () => {};
  reject: (error: Error) => void = () => {};

  constructor() {
    this.answer = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }
}

/**
 * One worker thread with one model, doing one thing at a time.
 *
 * A thread inside a native call cannot be killed: that ends the whole process (N-API has no way out of it). So a thread that
 * does not answer is given up instead: it is told to stop should it ever come back, and keeps no process alive.
 */
export class InferenceThread {
  readonly #worker: Worker;
  readonly #onEnd: (error: Error) => void;
  readonly #later: Later;
  /** Resolves when the thread has ended. */
  readonly ended: Promise<void>;
  #pending: Pending | null = null;
  #state: 'open' | 'stopping' | 'given-up' | 'ended' = 'open';
  #cause: unknown;

  /**
   * @param entry the compiled worker script
   * @param onEnd called at most once: when the thread is lost or given up, never when it was asked to stop
   * @param wait counts the limits of time
   */
  constructor(entry: URL, onEnd: (error: Error) => void, wait: Later = later) {
    this.#onEnd = onEnd;
    this.#later = wait;
    this.#worker = new Worker(entry, { name: 'pawl-inference' });
    this.#worker.on('message', (answer: Answer) => this.#hear(answer));
    this.#worker.on('messageerror', (cause) => this.#giveUp(new WorkerLostError('a worker said nonsense', { cause })));
    this.#worker.on('error', (cause) => {
      this.#cause = cause;
    });
    this.ended = new Promise((resolve) => {
      this.#worker.once('exit', (exitCode) => {
        this.#end(exitCode);
        resolve();
      });
    });
  }

  get busy(): boolean {
    return this.#pending !== null;
  }

  /** @throws {ModelUnloadableError | WorkerHungError | WorkerLostError} and then the thread is of no more use */
  async load(order: Order & { order: 'load' }, timeoutMs: number): Promise<void> {
    const files = [...order.files.values()].map((bytes) => bytes.buffer as ArrayBuffer);
    const answer = await this.#ask(order, timeoutMs, files);
    if (answer.answer !== 'failed') return;
    this.#state = 'stopping'; // it ends by itself now
    throw new ModelUnloadableError(`the model cannot be loaded (${answer.code}): ${answer.message}`);
  }

  /**
   * @returns [B, K] probabilities, row-major
   * @throws {ModelFailedError} the thread can go on
   * @throws {WorkerHungError | WorkerLostError} it cannot
   */
  async classify(texts: readonly string[], timeoutMs: number): Promise<Float32Array> {
    const answer = await this.#ask({ order: 'classify', texts }, timeoutMs);
    if (answer.answer === 'classified') return answer.probabilities;
    // The runtime's own words may quote the text, so they go no further.
    const code = answer.answer === 'failed' ? answer.code : 'internal';
    throw new ModelFailedError(`the model gave no usable answer (${code})`);
  }

  /** Lets it finish, releases the model and ends the thread; gives it up if that takes too long. Never fails. */
  async stop(timeoutMs: number): Promise<void> {
    const idle = this.#pending?.answer.then(
      () => {},
      () => {},
    );
    if (idle !== undefined) await within(idle, timeoutMs, this.#later);
    if (this.#state !== 'open') return;
    if (this.#pending) {
      this.#giveUp(new WorkerHungError('a worker was still busy when it was to stop, and was given up'));
      return;
    }
    const answer = this.#ask({ order: 'stop' }, timeoutMs);
    this.#state = 'stopping';
    await answer.catch(() => {});
    if (this.#abandoned) return;
    const slow = setTimeout(() => void this.#worker.terminate(), EXIT_MS); // released, so nothing native can be running
    await this.ended;
    clearTimeout(slow);
  }

  get #abandoned(): boolean {
    return this.#state === 'given-up';
  }

  async #ask(order: Order, timeoutMs: number, transfer: ArrayBuffer[] = []): Promise<Answer> {
    if (this.#state !== 'open') throw new WorkerLostError('the worker has ended');
    this.#worker.postMessage(order, transfer);
    const pending = new Pending();
    this.#pending = pending;
    const late = () => this.#giveUp(new WorkerHungError(`a worker was silent for ${timeoutMs} ms and was given up`));
    const answered = this.#later(timeoutMs, late);
    try {
      return await pending.answer;
    } finally {
      answered();
    }
  }

  #settle(): Pending | null {
    const pending = this.#pending;
    this.#pending = null;
    return pending;
  }

  #hear(answer: Answer): void {
    if (!this.#abandoned) this.#settle()?.resolve(answer);
    else if (answer.answer !== 'stopped') this.#worker.postMessage({ order: 'stop' } satisfies Order);
  }

  #giveUp(error: Error): void {
    if (this.#abandoned || this.#state === 'ended') return;
    const asked = this.#state === 'stopping';
    this.#state = 'given-up';
    this.#worker.unref();
    this.#settle()?.reject(error);
    if (!asked) this.#onEnd(error);
  }

  #end(exitCode: number): void {
    const before = this.#state;
    this.#state = 'ended';
    const { code, name } = (this.#cause ?? {}) as { code?: string; name?: string };
    const why = [`exit code ${exitCode}`, code ?? name ?? ''].filter(Boolean).join(', ');
    const error = new WorkerLostError(`a worker ended by itself (${why})`, { cause: this.#cause });
    this.#settle()?.reject(error);
    if (before === 'open') this.#onEnd(error);
  }
}
