import { PawlError } from '../events/errors.ts';
import type { VersionRef } from '../events/values.ts';
import {
  ACCEPT,
  MainMovedBackError,
  nothingSettled,
  renumbered,
  type Settled,
  type SettledStore,
  settledOn,
  withRevoked,
} from '../registry-repo/settled/settled.ts';
import type { Digest, ObjectId } from '../registry-repo/values.ts';
import { VersionRevokedError } from '../registry-repo/verify/errors.ts';
import type { ProvenVersion, Registry } from './registry.ts';

/**
 * A commit that cannot be served is tried again after one poll, then after twice as long, up to this wait.
 * Milliseconds.
 */
const LAST_RETRY_MS = 300_000;

/**
 * Causes that an operator may repair at any moment, and that are cheap to check: they are tried again at every poll.
 */
const ACCEPTABLE: readonly string[] = ['main_moved_back', 'settled_unreadable', 'settled_unwritable'];

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
  /** The last tip that was verified and is served, or that has nothing to serve. */
  readonly settled: ObjectId | null;
  /** Why main's version is not served. */
  readonly lags: boolean;
  readonly checkedAt: Date | null;
  readonly problem: FollowProblem | null;
};

/** What the follower asks of the server. The follower itself decides only when. */
export type FollowActions = {
  /** The version that is served now. */
  readonly live: () => VersionRef | null;
  /**
   * Loads a version, tests it, and from then on answers with it. If that is impossible, it throws and changes nothing.
   */
  readonly activate: (proven: ProvenVersion, tip: ObjectId) => Promise<void>;
  /** The served version is revoked: it must not answer any more, even if no other version can. */
  readonly withdraw: (tip: ObjectId) => void;
  /** The served version is still in production at a newer tip. */
  readonly confirm: (proven: ProvenVersion, tip: ObjectId) => void;
  /** Called once for each commit and kind of failure. */
  readonly refused: (refused: VersionRef | null, tip: ObjectId, problem: FollowProblem) => void;
  /** Called when main cannot be read; called again only after main could be read in between. */
  readonly unreachable: (problem: FollowProblem) => void;
};

export type FollowOptions = {
  /** The model to follow. */
  readonly model: string;
  /** What was accepted before this start, and by other processes of this server. */
  readonly settled: SettledStore;
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
 * Follows the registry's main. Each step compares what main says with what is served, so a missed, repeated or late
 * hint changes nothing. If a step fails, the served version stays; only its own revocation ends it.
 *
 * Main only moves forward. A tip is refused if its first-parent line does not hold the last tip that was accepted. A
 * revocation holds once it was seen. An operator can accept main otherwise (`pawl registry accept-main`).
 */
export class Follower {
  readonly #options: FollowOptions;
  readonly #reported = new Set<string>();
  #state: FollowState = { desired: null, settled: null, lags: false, checkedAt: null, problem: null };
  #unreachable: FollowProblem | null = null;
  #known: Settled | null = null;
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

  /** Checks now, also a commit that was just refused. Resolves after a check that began after the call. */
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
      const revoked = await registry.revoked(tip);
      this.#withdraw(revoked, tip);
      const settled = await this.#remember(withRevoked(await this.#settled(), revoked));
      this.#withdraw(settled.revoked, tip);
      await this.#checkForward(settled, tip);
      proven = await registry.verify(tip);
      const live = actions.live();
      if (!proven && (live || settled.versions.length > 0))
        throw new ProductionMissingError('main no longer names a version of this model');
      if (proven) checkVersion(settled, proven);
      if (proven && live?.manifest === proven.manifestDigest && live.version === proven.version)
        actions.confirm(proven, tip);
      else if (proven) await actions.activate(proven, tip);
      await this.#remember(settledOn(settled, tip, proven && refOf(proven)));
      this.#settle(tip);
    } catch (error) {
      this.#refuse(tip, proven, error);
    }
  }

  #withdraw(revoked: readonly Digest[], tip: ObjectId): void {
    const { actions } = this.#options;
    const served = actions.live();
    if (!served || !revoked.includes(served.manifest)) return;
    actions.withdraw(tip);
    this.#state = { ...this.#state, settled: null };
  }

  /**
   * The state that was last accepted, by this process or by another that uses the same store. If the store was emptied
   * meanwhile, nothing changes.
   */
  async #settled(): Promise<Settled> {
    const { settled, model } = this.#options;
    this.#known = (await settled.read()) ?? this.#known;
    return this.#known ?? nothingSettled(model);
  }

  async #remember(next: Settled): Promise<Settled> {
    if (next === this.#known) return next;
    await this.#options.settled.write(next);
    this.#known = next;
    return next;
  }

  async #checkForward({ tip: last }: Settled, tip: ObjectId): Promise<void> {
    if (last === null || (await this.#options.registry.isOnLine(last, tip))) return;
    throw new MainMovedBackError(
      `main is at ${tip}, whose own line does not hold ${last}, which this server has settled on: find out who moved it (\`pawl registry log\`); if main is right, \`${ACCEPT}\``,
    );
  }

  #settle(tip: ObjectId): void {
    this.#retry = null;
    this.#state = { desired: tip, settled: tip, lags: false, checkedAt: this.#options.clock(), problem: null };
  }

  #refuse(tip: ObjectId, proven: ProvenVersion | null, error: unknown): void {
    const { actions, clock, pollMs } = this.#options;
    const now = clock();
    const problem = problemOf(error, tip, now);
    const waitMs =
      this.#retry?.tip === tip && !ACCEPTABLE.includes(problem.code)
        ? Math.min(2 * this.#retry.waitMs, LAST_RETRY_MS)
        : pollMs;
    this.#retry = { tip, waitMs, at: now.getTime() + waitMs };
    this.#state = { ...this.#state, desired: tip, lags: true, checkedAt: now, problem };
    const key = `${tip} ${problem.code}`;
    if (this.#stopping || this.#reported.has(key)) return;
    this.#reported.add(key);
    actions.refused(proven && refOf(proven), tip, problem);
  }
}

const refOf = ({ version, manifestDigest: manifest }: ProvenVersion): VersionRef => ({ version, manifest });

/** What main has in production may be right, although an older version that it names is not. */
function checkVersion(settled: Settled, proven: ProvenVersion): void {
  const { version, manifest } = refOf(proven);
  if (settled.revoked.includes(manifest))
    throw new VersionRevokedError(
      `version ${version} (${manifest}) is in production, but main has revoked it before, which holds: roll back; if it is to serve again, \`${ACCEPT} --lift ${manifest}\``,
    );
  const known = renumbered(settled, refOf(proven));
  if (known)
    throw new MainMovedBackError(
      `main calls ${manifest} version ${version}, which this server knows as ${known.manifest}: a number is given once; if main is right, \`${ACCEPT}\``,
    );
}
