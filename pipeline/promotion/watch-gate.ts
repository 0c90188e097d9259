import { setTimeout as sleep } from 'node:timers/promises';
import { PawlError } from '../../events/errors.ts';
import { RegistryError } from '../../registry-repo/errors.ts';
import type { ObjectId } from '../../registry-repo/values.ts';
import type { Forge, PullRequest } from '../forge/forge.ts';
import type { Published } from './publish.ts';

export type GateWatchPorts = {
  readonly forge: Pick<Forge, 'sync' | 'pullRequests' | 'approvals'>;
  /** Judges one commit of a pull request, and merges it if it passes. Repeating it has its effect once. */
  readonly publish: (pull: { readonly number: number; readonly head: ObjectId }) => Promise<Published>;
  readonly now: () => Date;
  readonly onAnswer: (number: number, published: Published) => void;
  /** Shows a failure to the user; the same one is shown once. */
  readonly complain: (line: string) => void;
  readonly signal: AbortSignal;
};

export type GateWatchOptions = {
  readonly everyMs: number;
  /** Answer what is open now, and end. */
  readonly once: boolean;
};

/** When to try again what this gate could not judge. */
export const RETRY_MS = 600_000;
/** The most pull requests that are answered in one look: everyone who may write may open one. */
const MOST_PULL_REQUESTS = 100;

/**
 * Answers every open pull request of a registry, the oldest first, and again whenever its commit, main or its approvals
 * change. What was answered is read from the registry, so it may be stopped, killed and started at any time, and
 * several machines may do it at once.
 *
 * @returns whether this gate could judge everything; being stopped counts as well
 */
export async function watchGate(ports: GateWatchPorts, { everyMs, once }: GateWatchOptions): Promise<boolean> {
  const watcher = new GateWatcher(ports);
  const { signal } = ports;
  while (!signal.aborted) {
    await watcher.look();
    if (once) break;
    await sleep(everyMs, undefined, { signal }).catch(() => {});
  }
  return watcher.well || signal.aborted;
}

type Answered = {
  readonly head: ObjectId;
  readonly main: ObjectId;
  readonly approvals: number;
  readonly outcome: Published['outcome'] | 'failed';
  readonly at: number;
};

class GateWatcher {
  well = true;
  readonly #ports: GateWatchPorts;
  readonly #answered = new Map<number, Answered>();
  #lastFailure = '';

  constructor(ports: GateWatchPorts) {
    this.#ports = ports;
  }

  async look(): Promise<void> {
    const { forge, signal } = this.#ports;
    try {
      let main = await forge.sync();
      const open = (await forge.pullRequests({ state: 'open' })).sort((a, b) => a.number - b.number);
      const numbers = new Set(open.map((pull) => pull.number));
      for (const number of this.#answered.keys()) if (!numbers.has(number)) this.#answered.delete(number);
      for (const pull of open.slice(0, MOST_PULL_REQUESTS)) {
        if (signal.aborted) return;
        if (await this.#answer(pull, main)) main = await forge.sync();
      }
    } catch (error) {
      this.#failed('looking for pull requests', error);
    }
  }

  /** @returns whether it was answered now, so that main may have moved */
  async #answer({ number, head }: PullRequest, main: ObjectId): Promise<boolean> {
    const { forge, publish, now, onAnswer } = this.#ports;
    const last = this.#answered.get(number);
    const approvals = last?.outcome === 'waiting' ? (await forge.approvals(number, head)).length : 0;
    if (last && !this.#isDue(last, { head, main, approvals })) return false;
    let outcome: Answered['outcome'] = 'failed';
    try {
      const published = await publish({ number, head });
      outcome = published.outcome;
      onAnswer(number, published);
      if (outcome === 'unjudged') this.well = false;
    } catch (error) {
      this.#failed(`pull request ${number}`, error);
    }
    const given = outcome === 'waiting' ? (await forge.approvals(number, head)).length : 0;
    this.#answered.set(number, { head, main, approvals: given, outcome, at: now().getTime() });
    return true;
  }

  #isDue(last: Answered, { head, main, approvals }: Pick<Answered, 'head' | 'main' | 'approvals'>): boolean {
    if (last.head !== head || last.main !== main || last.approvals !== approvals) return true;
    const could = last.outcome !== 'unjudged' && last.outcome !== 'failed' && last.outcome !== 'error';
    return !could && this.#ports.now().getTime() - last.at >= RETRY_MS;
  }

  /** Reports what went wrong, and continues: only the user ends a watch. */
  #failed(what: string, error: unknown): void {
    if (this.#ports.signal.aborted) return;
    this.well = false;
    const known = error instanceof PawlError || error instanceof RegistryError;
    const line = `${what}: ${known ? error.message : error instanceof Error ? error.stack : String(error)}`;
    if (line !== this.#lastFailure) this.#ports.complain(line); // one look after another fails in the same way
    this.#lastFailure = line;
  }
}
