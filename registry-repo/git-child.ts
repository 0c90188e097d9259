import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';

type Options = {
  readonly start: () => ChildProcess;
  /** Something has come on its standard output. */
  readonly read: (chunk: Buffer) => void;
  /** It is gone while it was asked something; the next question starts another one. `why` is what it said on standard error. */
  readonly ended: (exitCode: number | null, why: string) => void;
};

/** How long the process waits for the next question before it ends. */
const IDLE_MS = 1000;
const ANSWER_MS = 120_000;

/**
 * A git process that stays open for one question after the other. It starts with the first one, keeps no program from
 * ending, must answer in time, and ends itself when nobody asks.
 */
export class GitChild {
  readonly #options: Options;
  #child: ChildProcess | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: Options) {
    this.#options = options;
  }

  /** Asks; until {@link rest} is called, an answer is awaited. */
  ask(question: string): void {
    const child = this.#child ?? this.#open();
    this.#hold(child, true);
    child.stdin?.write(question);
  }

  /** Some of an answer has come: there is as much time for the next part. */
  heard(): void {
    this.#timer?.refresh();
  }

  /** Everything that was asked is answered: now it may go. */
  rest(): void {
    if (this.#child) this.#hold(this.#child, false);
  }

  /** Lets it go: the next question is another process's. */
  end(): void {
    const child = this.#leave();
    child?.stdin?.end();
  }

  /** For one that answers what nobody asked. */
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
    child.stdin?.on('error', () => {}); // its end says the rest
    child.on('error', (cause) => ended(null, `git cannot be started (${cause.message})`));
    child.on('close', (code) => ended(code, stderr || 'it ended before it had answered'));
    this.#child = child;
    return child;
  }

  /** While a question is open the process counts as work; afterwards it may go. */
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
