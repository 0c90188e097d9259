import { setTimeout as sleep } from 'node:timers/promises';
import { treesOf } from './memory.proc.ts';
import { isTooMuch, mayStart } from './memory.ts';
import { PointProcess } from './point-process.ts';

export type PointOutcome = { readonly index: number; readonly ok: boolean; readonly message: string };

type Options = {
  readonly parallel: number;
  /** Memory of all runs together; null for no limit. */
  readonly memoryMegabytes: number | null;
  /** Arguments of the child that runs a point. */
  readonly command: (index: number) => readonly string[];
  readonly folder: string;
  readonly onEnd: (outcome: PointOutcome) => void;
  /** Reports remarks for the user. */
  readonly say: (line: string) => void;
  /** Called often while points run. */
  readonly onTick: () => void;
  readonly signal: AbortSignal;
};

/** How often memory is checked, and how long a change may wait. */
const POLL_MS = 200;
const MEGABYTE = 2 ** 20;

/**
 * Runs points in processes of their own, as many at a time as allowed and as memory has room for. Memory is checked,
 * not limited: a run that alone takes more than the limit fails; if several together take too much, the youngest is
 * ended and waits for its turn again. If the system does not tell what a process takes, they run one by one.
 *
 * @throws the signal's reason when it aborts, after all runs have ended
 */
export async function runLocally(indices: readonly number[], options: Options): Promise<void> {
  const run = new LocalRun(indices, options);
  while (run.left) {
    run.startSome();
    await Promise.race([sleep(POLL_MS), run.anyEnded()]);
    run.watch();
    options.onTick();
  }
  await run.allGone();
  options.signal.throwIfAborted();
}

class LocalRun {
  readonly #options: Options;
  readonly #queue: number[];
  readonly #running = new Map<number, PointProcess>();
  readonly #bytes: number | null;
  readonly #killed: Promise<unknown>[] = [];
  #parallel: number;
  #known: number | null = null;

  constructor(indices: readonly number[], options: Options) {
    this.#options = options;
    this.#queue = [...indices];
    this.#bytes = options.memoryMegabytes === null ? null : options.memoryMegabytes * MEGABYTE;
    this.#parallel = options.parallel;
  }

  get left(): boolean {
    return this.#running.size > 0 || (this.#queue.length > 0 && !this.#options.signal.aborted);
  }

  startSome(): void {
    const { signal } = this.#options;
    if (signal.aborted) for (const process of this.#running.values()) process.stop();
    while (!signal.aborted && this.#queue.length > 0 && this.#hasRoom()) this.#start(this.#queue.shift() as number);
  }

  #hasRoom(): boolean {
    const usages = [...this.#running.values()].map(({ usage }) => usage);
    return mayStart(usages, { parallel: this.#parallel, bytes: this.#bytes, known: this.#known });
  }

  #start(index: number): void {
    const { command, folder, onEnd } = this.#options;
    const started = new PointProcess({ args: command(index), folder });
    this.#running.set(index, started);
    void started.ended.then(({ ok, message }) => {
      if (this.#running.get(index) !== started) return; // it was ended for its memory
      this.#running.delete(index);
      if (ok) this.#know(started.usage.peak);
      onEnd({ index, ok, message });
    });
  }

  /** A run that failed may have taken less than it would have. */
  #know(peak: number): void {
    this.#known = Math.max(this.#known ?? 0, peak);
  }

  anyEnded(): Promise<unknown> {
    return Promise.race([...this.#running.values()].map(({ ended }) => ended));
  }

  /** Checks what the runs take, and ends the youngest if it is too much. */
  watch(): void {
    if (this.#bytes === null) return;
    this.#measure();
    const usages = [...this.#running.values()].map(({ usage }) => usage);
    for (const { peak } of usages) if (this.#known !== null) this.#know(peak);
    const running = [...this.#running];
    const large = running.find(([, { usage }]) => isTooMuch([usage], this.#bytes));
    if (large) this.#giveUp(...large);
    else if (isTooMuch(usages, this.#bytes)) this.#putBack(...(running.at(-1) as (typeof running)[number]));
  }

  #measure(): void {
    const processes = [...this.#running.values()].filter(({ pid }) => pid !== null);
    const trees = treesOf(processes.map(({ pid }) => pid as number));
    for (const process of processes) process.measure(trees?.get(process.pid as number) ?? []);
    if (trees !== null || this.#parallel === 1) return;
    this.#parallel = 1;
    this.#options.say('this system does not tell how much memory a process takes: points run one by one');
  }

  #giveUp(index: number, process: PointProcess): void {
    this.#kill(index, process);
    const took = Math.ceil(process.usage.now / MEGABYTE);
    const { memoryMegabytes, onEnd } = this.#options;
    const message = `it took ${took} MB and was stopped, as memoryMegabytes is ${memoryMegabytes}: raise it, or leave such settings out`;
    onEnd({ index, ok: false, message });
  }

  #putBack(index: number, process: PointProcess): void {
    this.#kill(index, process);
    this.#queue.unshift(index);
    const { memoryMegabytes, say } = this.#options;
    say(`point ${index} waits for its turn again: together the runs took more than ${memoryMegabytes} MB`);
  }

  #kill(index: number, process: PointProcess): void {
    this.#running.delete(index);
    process.kill();
    this.#killed.push(process.ended);
  }

  /** Waits for processes that were killed. */
  async allGone(): Promise<void> {
    await Promise.all(this.#killed);
  }
}
