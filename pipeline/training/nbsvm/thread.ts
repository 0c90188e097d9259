import { Worker } from 'node:worker_threads';
import { PawlError } from '../../../events/errors.ts';
import type { Answers, Order, Reply } from './messages.ts';

const ENTRY = new URL('./thread.worker.js', import.meta.url);

export type EpochReply = Extract<Reply, { kind: 'epoch' }>;
export type Answer<O extends Order> = Answers[O['do']];

/** A training thread has failed or ended; the run cannot go on. */
export class TrainingThreadError extends PawlError {
  readonly code = 'training_thread_failed';
}

type Waiting = { resolve: (answer: Answers[keyof Answers]) => void; reject: (error: unknown) => void };

/**
 * One thread. The next order is sent only after an answer. If the thread fails or ends, the caller that waits for it
 * gets the error.
 */
export class Thread {
  readonly #worker: Worker;
  readonly #onEpoch: (epoch: EpochReply) => void;
  #waiting: Waiting | undefined;
  #ended: unknown;

  constructor(onEpoch: (epoch: EpochReply) => void) {
    this.#onEpoch = onEpoch;
    this.#worker = new Worker(ENTRY);
    this.#worker.on('message', (reply: Reply) => this.#hear(reply));
    this.#worker.on('error', (cause) => this.#end(cause));
    this.#worker.on('messageerror', (cause) => this.#end(cause));
    this.#worker.on('exit', (code) => this.#end(new Error(`exit code ${code}`)));
  }

  /** @throws {TrainingThreadError} if the thread fails, ends, or has ended */
  ask<O extends Order>(order: O): Promise<Answer<O>> {
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise<Answer<O>>((resolve, reject) => {
      this.#waiting = { resolve: resolve as Waiting['resolve'], reject };
      this.#worker.postMessage(order);
    });
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }

  #hear(reply: Reply): void {
    if (reply.kind === 'done') this.#take()?.resolve(reply.answer);
    else if (reply.kind === 'failed') this.#end(new Error(reply.message));
    else this.#tell(reply);
  }

  #tell(epoch: EpochReply): void {
    try {
      this.#onEpoch(epoch);
    } catch (error) {
      this.#ended ??= error;
      this.#take()?.reject(error);
    }
  }

  #end(cause: unknown): void {
    const why = cause instanceof Error ? cause.message : String(cause);
    this.#ended ??= new TrainingThreadError(`a training thread failed: ${why.split('\n')[0]}`, { cause });
    this.#take()?.reject(this.#ended);
  }

  #take(): Waiting | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting;
  }
}
