import { Coalesced } from './coalesced.ts';
import type { ChildLook, Log } from './look.ts';

/** At most one reconciliation a second: its own changes may come back as webhooks. */
const REST_MS = 1000;

export type UpkeepOptions = {
  /** Finishes what was left half done. */
  readonly reconcile: () => Promise<void>;
  /** Checks for pushes; null if this server starts no runs. */
  readonly look: Pick<ChildLook, 'run' | 'stop'> | null;
  /** Milliseconds between regular checks; 0 for none. */
  readonly everyMs: number;
  readonly log: Log;
};

/**
 * What a server does besides answering: after a webhook, at its start, and regularly. The regular check finds whatever
 * webhooks would have reported, so a lost webhook costs only time.
 */
export class Upkeep {
  readonly #options: UpkeepOptions;
  readonly #registry: Coalesced;
  readonly #training: Coalesced | null;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: UpkeepOptions) {
    const { reconcile, look, log } = options;
    this.#options = options;
    const failed = (error: unknown) => {
      const { code = 'internal', message } = error as { code?: string; message?: string };
      const stack = code === 'internal' ? { at: (error as Error).stack } : {};
      log.error(
        { code, detail: message, ...stack },
        'reconciling failed: the next hint, or the next look, tries again',
      );
    };
    this.#registry = new Coalesced(reconcile, failed, REST_MS);
    this.#training = look && new Coalesced(() => look.run(), failed, REST_MS);
  }

  /** Something may have happened in the registry. */
  registry(): void {
    this.#registry.hint();
  }

  /** Something may have been pushed to train on. */
  training(): void {
    this.#training?.hint();
  }

  start(): void {
    const both = () => {
      this.registry();
      this.training();
    };
    both();
    const { everyMs } = this.#options;
    if (everyMs > 0) this.#timer = setInterval(both, everyMs);
  }

  /**
   * Starts no more work, and ends the check for pushes. Resolves when nothing runs any more. @param graceMs before it
   * kills
   */
  async stop(graceMs: number): Promise<void> {
    clearInterval(this.#timer);
    this.#options.look?.stop(graceMs);
    await Promise.all([this.#registry.stop(), this.#training?.stop()]);
  }
}
