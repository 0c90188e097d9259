import type { Writable } from 'node:stream';
import { type Later, later, within } from '../later.ts';
import { diedOfMemory, gotNoMemory } from '../out-of-memory.ts';
import { type Bounds, Confined, type Ended, lastLines } from './confined.ts';
import { ModelFailedError, ModelUnloadableError, WorkerHungError, WorkerLostError } from './errors.ts';
import { type Frame, FrameReader, frameHead } from './frames.ts';
import { Answer, type Order, type RuntimeManifest } from './messages.ts';

/** The usual program. */
export const MODEL_CHILD = new URL('./model.child.js', import.meta.url);

/** Most bytes of one answer: a thousand labels for thousands of texts. */
const LIMITS = { text: 100_000, bytes: 256 * 2 ** 20 };

export type ModelProcessOptions = {
  readonly bounds: Bounds;
  /** The program, compiled. */
  readonly entry?: URL;
  /** Called at most once: when the process is lost or hangs, never when it was asked to stop. */
  readonly onEnd?: (error: WorkerLostError | WorkerHungError) => void;
  /** Counts time limits. */
  readonly later?: Later;
};

export type ModelFiles = ReadonlyMap<string, Uint8Array>;

/** A process of its own with one model, doing one thing at a time. It can be killed, whatever the model does. */
export class ModelProcess {
  readonly #process: Confined;
  readonly #orders: Writable;
  readonly #onEnd: (error: WorkerLostError | WorkerHungError) => void;
  readonly #later: Later;
  readonly #megabytes: number;
  /** Resolves when the process has ended. */
  readonly ended: Promise<void>;
  #pending: Pending | null = null;
  #state: 'open' | 'stopping' | 'ended' = 'open';

  /** Never fails: a process that cannot be started fails its first order. */
  static async start(options: ModelProcessOptions): Promise<ModelProcess> {
    const { entry = MODEL_CHILD, bounds } = options;
    let started: ModelProcess | undefined;
    const program = { entry, stdin: 'pipe', busy: () => started?.busy ?? true } as const;
    started = new ModelProcess(await Confined.start(program, bounds), options);
    return started;
  }

  private constructor(confined: Confined, { onEnd = () => {}, later: wait = later, bounds }: ModelProcessOptions) {
    this.#process = confined;
    this.#onEnd = onEnd;
    this.#later = wait;
    this.#megabytes = bounds.megabytes;
    this.#orders = confined.child.stdin as Writable;
    this.#orders.on('error', () => {}); // its end gives the reason
    const reader = new FrameReader(LIMITS, (frame) => this.#hear(frame));
    const answers = confined.child.stdio[3];
    answers?.on('error', () => {});
    answers?.on('data', (chunk: Buffer) => {
      try {
        reader.read(chunk);
      } catch (cause) {
        this.#process.stop({ code: 'nonsense', message: `said nonsense: ${(cause as Error).message.slice(0, 300)}` });
      }
    });
    this.ended = confined.ended.then((ended) => this.#end(ended));
  }

  get busy(): boolean {
    return this.#pending !== null;
  }

  /** @throws {ModelUnloadableError | WorkerHungError | WorkerLostError} and then the process cannot be used any more */
  async load(manifest: RuntimeManifest, files: ModelFiles, threads: number, timeoutMs: number): Promise<void> {
    const sizes = [...files].map(([path, { length: size }]) => ({ path, size }));
    const { labels, preprocessor, contract } = manifest;
    const order = { order: 'load', manifest: { labels, preprocessor, contract }, files: sizes, threads } as const;
    const { answer } = await this.#ask(order, timeoutMs, [...files.values()]);
    if (answer.answer === 'loaded') return;
    this.#state = 'stopping'; // it ends by itself now
    const [code, why] = answer.answer === 'failed' ? [answer.code, answer.message] : ['internal', answer.answer];
    throw new ModelUnloadableError(`the model cannot be loaded (${code}): ${why}`, {
      cause: new RuntimeRefusal(code, why),
    });
  }

  /**
   * @returns [B, K] probabilities, row-major
   * @throws {ModelFailedError} the process can go on
   * @throws {WorkerHungError | WorkerLostError} it cannot
   */
  async classify(texts: readonly string[], timeoutMs: number): Promise<Float32Array> {
    const { answer, bytes } = await this.#ask({ order: 'classify', texts }, timeoutMs);
    if (answer.answer === 'classified' && bytes.byteLength % 4 === 0)
      return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
    // The runtime's own message may quote the text, so it is only in the cause.
    const [code, why] = answer.answer === 'failed' ? [answer.code, answer.message] : ['internal', answer.answer];
    const what = ranOutOfMemory(why)
      ? `the model ran out of memory, ${this.#megabytes} MB at most`
      : `the model gave no usable answer (${code})`;
    throw new ModelFailedError(what, { cause: new RuntimeRefusal(code, why) });
  }

  /** Lets it finish its work within a time limit, and ends it. Never fails. */
  async stop(timeoutMs: number): Promise<void> {
    const idle = this.#pending?.settled;
    if (idle !== undefined) await within(idle, timeoutMs, this.#later);
    if (this.#state === 'open') this.#state = 'stopping';
    this.#process.stop({ code: 'asked', message: 'was asked to end' });
    await this.ended;
  }

  async #ask(order: Order, timeoutMs: number, files: readonly Uint8Array[] = []): Promise<Answered> {
    if (this.#state !== 'open') throw new WorkerLostError('the process that runs the model has ended');
    const pending = new Pending();
    this.#pending = pending;
    this.#orders.write(
      frameHead(
        order,
        files.reduce((sum, bytes) => sum + bytes.length, 0),
      ),
    );
    for (const bytes of files) this.#orders.write(bytes);
    const late = () => this.#process.stop({ code: 'hung', message: `was silent for ${timeoutMs} ms` });
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

  #hear({ message, bytes }: Frame): void {
    const answer = Answer.parse(message);
    const pending = this.#settle();
    if (!pending) throw new RangeError('it answers what nobody asked');
    pending.resolve({ answer, bytes });
  }

  #end(ended: Ended): void {
    const asked = this.#state === 'stopping';
    this.#state = 'ended';
    const error = lossOf(ended, this.#megabytes);
    this.#settle()?.reject(error);
    if (!asked) this.#onEnd(error);
  }
}

type Answered = { readonly answer: Answer; readonly bytes: Buffer };

/** The order that has not been answered yet. */
class Pending {
  readonly answer: Promise<Answered>;
  /** Resolves when it has been answered, or has failed. */
  readonly settled: Promise<void>;
  resolve: (answer: Answered) => void = () => {};
  reject: (error: Error) => void = () => {};

  constructor() {
    this.answer = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.settled = this.answer.then(
      () => {},
      () => {},
    );
  }
}

function lossOf(ended: Ended, megabytes: number): WorkerLostError | WorkerHungError {
  const { stopped, failed, signal, code, lastWords } = ended;
  const what = 'the process that runs the model';
  if (stopped?.code === 'hung') return new WorkerHungError(`${what} ${stopped.message}, and was killed`);
  if (stopped) return new WorkerLostError(`${what} ${stopped.message}, and was killed`);
  if (failed) return new WorkerLostError(`${what} cannot be started: ${failed.message}`, { cause: failed });
  const words = lastLines(ended);
  const cause = words === '' ? undefined : new Error(words);
  if (ranOutOfMemory(lastWords))
    return new WorkerLostError(`${what} ran out of memory, ${megabytes} MB at most`, { cause });
  return new WorkerLostError(`${what} ended by itself (${signal ?? `exit code ${code}`})`, { cause });
}

const ranOutOfMemory = (words: string): boolean => diedOfMemory(words) !== null || gotNoMemory(words);

/** The message of the runtime in the process. */
class RuntimeRefusal extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
