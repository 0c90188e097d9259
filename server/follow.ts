import { PawlError } from '../events/errors.ts';
import type { VersionRef } from '../events/values.ts';
import type { ObjectId } from '../registry-repo/values.ts';
import type { ProvenVersion, Registry } from './registry.ts';

/** A commit that cannot be served is tried again after one poll, then after twice as long, up to this. Milliseconds. */
const LAST_RETRY_MS = 300_000;

/** Main has no version of the model any more. */
export class ProductionMissingError extends PawlError {
  readonly code = 'production_missing';
}

export type FollowProblem = {
  readonly code: string;
  readonly detail: string;
  /** The commit that could not be served; null if main could not be read. */
  readonly commit: ObjectId | null;
  readonly at: Date;
};

export type FollowState = {
  /** Main's tip when it was last read. */
  readonly desired: ObjectId | null;
  /** The last tip that was proved and is served, or has nothing to serve. */
  readonly settled: ObjectId | null;
  /** Main says something that is not served. */
  readonly drift: boolean;
  readonly checkedAt: Date | null;
  readonly problem: FollowProblem | null;
};

/** What following means for the server; the follower itself decides only when. */
export type FollowActions = {
  /** What is served now. */
  readonly live: () => VersionRef | null;
  /** Loads it, tests it, and answers with it from now on; throws and changes nothing if that is impossible. */
  readonly activate: (proven: ProvenVersion, tip: ObjectId) => Promise<void>;
  /** The version served is revoked: it must not answer any more, even if nothing else can. */
  readonly withdraw: (tip: ObjectId) => void;
  /** The version served is still the one in production at a newer tip. */
  readonly confirm: (proven: ProvenVersion, tip: ObjectId) => void;
  /** Told once of each commit and kind of failure. */
  readonly refused: (refused: VersionRef | null, tip: ObjectId, problem: FollowProblem) => void;
  /** Told that main cannot be read, once until it can be again. */
  readonly unreachable: (problem: FollowProblem) => void;
};

export type FollowOptions = {
  readonly registry: Registry;
  readonly actions: FollowActions;
  readonly pollMs: number;
  readonly clock: () => Date;
  /** In [0, 1); spreads the polls of many servers. */
  readonly random: () => number;
};

const problemOf = (error: unknown, commit: ObjectId | null, at: Date): FollowProblem => {
  const { code, message } = error as { code?: unknown; message?: unknown };
  const detail = String(message ?? error).slice(0, 2000);
  return { code: typeof code === 'string' && code !== '' ? code.slice(0, 100) : 'internal', detail, commit, at };
};

/**
 * Follows the registry's main by level, not by edge: each step compares what main says with what is served, so a missed,
 * repeated or late hint changes nothing. Whatever fails, what is served stays; only its own revocation ends it.
 */
export class Follower {
  readonly #options: FollowOptions;
  readonly #reported = new Set<string>();
  #state: FollowState = { desired: null, settled: null, drift: false, checkedAt: null, problem: null };
  #unreachable: FollowProblem | null = null;
  #retry: { tip: ObjectId; at: number; waitMs: number } | null = null;
  #loop: Promise<void> | undefined;
  #stopping = false;
  #pokes: (() => void)[] = [];
  #wake: () => void = () => {};

  constructor(options: FollowOptions) {
    this.#options = options;
  }

  get state(): FollowState {
    return this.#unreachable ? { ...this.#state, problem: this.#unreachable } : this.#state;
  }

  get stopping(): boolean {
    return this.#stopping;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Looks now, also at a commit that was just refused. Resolves after a look that began after the call. */
  poke(): Promise<void> {
    if (this.#stopping) return Promise.resolve();
    const looked = new Promise<void>((resolve) => this.#pokes.push(resolve));
    this.#wake();
    return looked;
  }

  /** Ends after the step that is running now. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#wake();
    await this.#loop;
    for (const resolve of this.#pokes.splice(0)) resolve();
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      const poked = this.#pokes.splice(0);
      await this.#step(poked.length > 0);
      for (const resolve of poked) resolve();
      if (!this.#stopping && this.#pokes.length === 0) await this.#pause();
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#options.pollMs * (0.8 + 0.4 * this.#options.random()));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #step(poked: boolean): Promise<void> {
    const { registry, actions, clock } = this.#options;
    let tip: ObjectId;
    try {
      tip = await registry.sync();
    } catch (error) {
      const problem = problemOf(error, null, clock());
      const known = this.#unreachable;
      this.#unreachable = problem;
      if (known?.code !== problem.code) actions.unreachable(problem);
      return;
    }
    this.#unreachable = null;
    const now = clock();
    if (tip === this.#state.settled) this.#settle(tip);
    else if (poked || this.#retry?.tip !== tip || now.getTime() >= this.#retry.at) await this.#attempt(tip);
    else this.#state = { ...this.#state, desired: tip, checkedAt: now };
  }

  async #attempt(tip: ObjectId): Promise<void> {
    const { registry, actions } = this.#options;
    let proven: ProvenVersion | null = null;
    try {
      const served = actions.live();
      if (served && (await registry.revoked(tip)).includes(served.manifest)) {
        actions.withdraw(tip);
        this.#state = { ...this.#state, settled: null };
      }
      proven = await registry.verify(tip);
      const live = actions.live();
      if (!proven && live) throw new ProductionMissingError('main no longer names a version of this model');
      if (proven && live?.manifest === proven.manifestDigest && live.version === proven.version)
        actions.confirm(proven, tip);
      else if (proven) await actions.activate(proven, tip);
      this.#settle(tip);
    } catch (error) {
      this.#refuse(tip, proven, error);
    }
  }

  #settle(tip: ObjectId): void {
    this.#retry = null;
    this.#state = { desired: tip, settled: tip, drift: false, checkedAt: this.#options.clock(), problem: null };
  }

  #refuse(tip: ObjectId, proven: ProvenVersion | null, error: unknown): void {
    const { actions, clock, pollMs } = this.#options;
    const now = clock();
    const problem = problemOf(error, tip, now);
    const waitMs = this.#retry?.tip === tip ? Math.min(2 * this.#retry.waitMs, LAST_RETRY_MS) : pollMs;
    this.#retry = { tip, waitMs, at: now.getTime() + waitMs };
    this.#state = { ...this.#state, desired: tip, drift: true, checkedAt: now, problem };
    const key = `${tip} ${problem.code}`;
    if (this.#stopping || this.#reported.has(key)) return;
    this.#reported.add(key);
    actions.refused(proven && { version: proven.version, manifest: proven.manifestDigest }, tip, problem);
  }
}
