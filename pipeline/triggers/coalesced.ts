import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Work that checks the current state after hints. It runs once at a time. However many hints come while it runs, it
 * runs once more afterwards.
 */
export class Coalesced {
  readonly #work: () => Promise<void>;
  readonly #failed: (error: unknown) => void;
  readonly #restMs: number;
  readonly #stop = new AbortController();
  #running: Promise<void> | null = null;
  #again = false;

  /**
   * @param restMs between one run and the next, so that work whose effects come back as hints does not keep itself busy
   */
  constructor(work: () => Promise<void>, failed: (error: unknown) => void, restMs = 0) {
    this.#work = work;
    this.#failed = failed;
    this.#restMs = restMs;
  }

  /** Asks for a run that begins after this call. Never throws. */
  hint(): void {
    if (this.#stop.signal.aborted) return;
    this.#again = true;
    this.#running ??= this.#run();
  }

  /** Starts no more runs. Resolves when the current run has ended. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    await null; // the caller that hints continues first
    while (this.#again && !signal.aborted) {
      this.#again = false;
      await this.#work().catch(this.#failed);
      await sleep(this.#restMs, undefined, { signal }).catch(() => {});
    }
    this.#running = null;
  }
}
