import type { Order } from './messages.ts';
import { type Answer, type EpochReply, Thread } from './thread.ts';

/** Threads for training. The caller that opens them closes them. */
export class Threads {
  readonly #threads: readonly Thread[];

  get count(): number {
    return this.#threads.length;
  }

  constructor(count: number, onEpoch: (epoch: EpochReply) => void) {
    this.#threads = Array.from({ length: count }, () => new Thread(onEpoch));
  }

  /** Every thread does the same. @returns their answers @throws {TrainingThreadError} */
  everyone<O extends Order>(order: O): Promise<Answer<O>[]> {
    return Promise.all(this.#threads.map((thread) => thread.ask(order)));
  }

  /**
   * Shares pieces of work: a thread gets the next piece when it has done its last.
   *
   * @returns the answers, in the order of the pieces
   * @throws {TrainingThreadError} as soon as one fails
   */
  async share<O extends Order>(pieces: Iterable<O>): Promise<Answer<O>[]> {
    const answers: Answer<O>[] = [];
    const queue = pieces[Symbol.iterator]();
    let next = 0;
    await Promise.all(
      this.#threads.map(async (thread) => {
        for (let piece = queue.next(); !piece.done; piece = queue.next()) {
          const index = next++;
          answers[index] = await thread.ask(piece.value);
        }
      }),
    );
    return answers;
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.stop()));
  }
}
