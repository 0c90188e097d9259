import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';

type Options = {
  readonly start: () => ChildProcess;
  /** Called when its standard output has new bytes. */
  readonly read: (chunk: Buffer) => void;
  /**
   * Called when the process ended during a question; the next question starts another process. `why` is its standard
   * error.
   */
  readonly ended: (exitCode: number | null, why: string) => void;
};

/** How long the process waits for the next question before it ends. */
const IDLE_MS = 1000;
const ANSWER_MS = 120_000;

/**
 * A git process that stays open for many questions. It starts with the first question, does not keep the program from
 * ending, must answer in time, and ends itself when it has no questions for a while.
 */
export class GitChild {
  readonly #options: Options;
  #child: ChildProcess | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: Options) {
    this.#options = options;
  }

  /** Sends a question; until {@link rest} is called, an answer is awaited. */
  ask(question: string): void {
    const child = this.#child ?? this.#open();
    this.#hold(child, true);
    child.stdin?.write(question);
  }

  /** Part of an answer has arrived: the time limit starts again for the next part. */
  heard(): void {
    this.#timer?.refresh();
  }

  /** Every question is answered: the process may end when it is idle. */
  rest(): void {
    if (this.#child) this.#hold(this.#child, false);
  }

  /** Gives the process up: the next question starts another one. */
  end(): void {
    const child = this.#leave();
    child?.stdin?.end();
  }

  /** Ends a process that answered without a question. */
  kill(): void {
    this.#leave()?.kill('SIGKILL');
  }

  #leave(): ChildProcess | null {
    const child = this.#child;
    if (this.#timer) clearTimeout(this.#timer);
    [this.#child, this.#timer] = [null, null];
    return child;
  }

  #open(): ChildProcess {
    const child = this.#options.start();
    let stderr = '';
    const ended = (code: number | null, why: string) => {
      if (this.#child !== child) return;
      this.#leave();
      this.#options.ended(code, why);
    };
    child.stdout?.on('data', (chunk: Buffer) => {
      if (this.#child === child) this.#options.read(chunk);
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr = (stderr + chunk.toString('utf8')).slice(-2000);
    });
    child.stdin?.on('error', () => {}); // its end gives the reason
    child.on('error', (cause) => ended(null, `git cannot be started (${cause.message})`));
    child.on('close', (code) => ended(code, stderr || 'it ended before it had answered'));
    this.#child = child;
    return child;
  }

  /** While a question is open, the process keeps the program alive; afterwards it does not. */
  #hold(child: ChildProcess, busy: boolean): void {
    for (const handle of [
      child,
      child.stdin as Socket | null,
      child.stdout as Socket | null,
      child.stderr as Socket | null,
    ])
      if (busy) handle?.ref();
      else handle?.unref();
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = busy
      ? setTimeout(() => child.kill('SIGKILL'), ANSWER_MS)
      : setTimeout(() => this.end(), IDLE_MS).unref();
  }
}
