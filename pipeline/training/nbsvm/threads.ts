import { Worker } from 'node:worker_threads';
import type { Answers, Order, Reply } from './messages.ts';

const ENTRY = new URL('./thread.worker.js', import.meta.url);

export type EpochReply = Extract<Reply, { kind: 'epoch' }>;
type Answer<O extends Order> = Answers[O['do']];

/** Threads that learn. Whoever opens them closes them. */
export class Threads {
  readonly #workers: Worker[];
  readonly #onEpoch: (epoch: EpochReply) => void;

  constructor(count: number, onEpoch: (epoch: EpochReply) => void) {
    this.#workers = Array.from({ length: count }, () => new Worker(ENTRY, { stdin: false }));
    this.#onEpoch = onEpoch;
  }

  /** Every thread does the same. @returns their answers */
  everyone<O extends Order>(order: O): Promise<Answer<O>[]> {
    return Promise.all(this.#workers.map((worker) => this.#ask(worker, order)));
  }

  /**
   * Shares work out: a thread gets the next piece when it has done its last.
   *
   * @returns the answers, in the order of the pieces
   * @throws what went wrong in the first thread that failed, or ended
   */
  async share<O extends Order>(pieces: Iterable<O>): Promise<Answer<O>[]> {
    const answers: Answer<O>[] = [];
    const queue = pieces[Symbol.iterator]();
    let next = 0;
    await Promise.all(
      this.#workers.map(async (worker) => {
        for (let piece = queue.next(); !piece.done; piece = queue.next()) {
          const index = next++;
          answers[index] = await this.#ask(worker, piece.value);
        }
      }),
    );
    return answers;
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #ask<O extends Order>(worker: Worker, order: O): Promise<Answer<O>> {
    return new Promise((resolve, reject) => {
      const listen = (reply: Reply) => {
        if (reply.kind === 'epoch') return this.#onEpoch(reply);
        end();
        if (reply.kind === 'done') resolve(reply.answer as Answer<O>);
        else reject(new Error(`a training thread failed: ${reply.message}`));
      };
      const fail = (cause: unknown) => {
        end();
        reject(new Error(`a training thread ended: ${cause instanceof Error ? cause.message : cause}`, { cause }));
      };
      const end = () => worker.off('message', listen).off('error', fail).off('exit', fail);
      worker.on('message', listen).on('error', fail).on('exit', fail);
      worker.postMessage(order);
    });
  }
}
