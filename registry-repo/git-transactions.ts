import type { ChildProcess } from 'node:child_process';
import { GitChild } from './git-child.ts';

type Options = {
  /** Starts `git update-ref --stdin -z`. */
  readonly start: () => ChildProcess;
  readonly fail: (exitCode: number | null, why: string) => Error;
};

/** Transactions of one process. Git uses the time of a process's first reflog entry for all its entries. */
const AT_MOST = 100;

/**
 * Transactions on refs, one after the other in one git process, which locks, compares and writes as git always does. A
 * transaction that fails ends the process, and the next one starts another. Nothing is sent before the last transaction
 * was answered.
 */
export class GitTransactions {
  readonly #child: GitChild;
  #last: Promise<unknown> = Promise.resolve();
  #open: { readonly resolve: () => void; readonly reject: (error: Error) => void } | null = null;
  #said = '';
  #done = 0;

  constructor({ start, fail }: Options) {
    this.#child = new GitChild({
      start,
      read: (chunk) => this.#read(chunk),
      ended: (code, why) => {
        const open = this.#close();
        this.#done = 0;
        open?.reject(fail(code, why));
      },
    });
  }

  /** @param commands of `update-ref --stdin -z`, complete @throws the error that `fail` makes: nothing was changed */
  run(commands: string): Promise<void> {
    const mine = this.#last.then(() => this.#ask(commands));
    this.#last = mine.catch(() => {});
    return mine;
  }

  #ask(commands: string): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#done >= AT_MOST) {
        this.#child.end();
        this.#done = 0;
      }
      this.#child.ask(`start\0${commands}commit\0`);
      this.#open = { resolve, reject };
    });
  }

  #read(chunk: Buffer): void {
    this.#said += chunk.toString('latin1');
    if (!this.#said.endsWith('commit: ok\n')) return;
    this.#done += 1;
    this.#child.rest();
    this.#close()?.resolve();
  }

  #close() {
    const open = this.#open;
    [this.#open, this.#said] = [null, ''];
    return open;
  }
}
