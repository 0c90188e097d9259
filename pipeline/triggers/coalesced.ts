import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Work that looks at how things are, and is asked for by hints that nobody counts: it runs once at a time, and however many
 * hints come while it runs, once more afterwards.
 */
export class Coalesced {
  readonly #work: () => Promise<void>;
  readonly #failed: (error: unknown) => void;
  readonly #restMs: number;
  readonly #stop = new AbortController();
  #running: Promise<void> | null = null;
  #again = false;

  /** @param restMs between one run and the next, so that work whose effects come back as hints does not keep itself busy */
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

  /** Begins nothing more. Resolves when what runs has ended. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    await null; // whoever hints goes on first
    while (this.#again && !signal.aborted) {
      this.#again = false;
      await this.#work().catch(this.#failed);
      await sleep(this.#restMs, undefined, { signal }).catch(() => {});
    }
    this.#running = null;
  }
}
