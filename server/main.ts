import { randomBytes } from 'node:crypto';
import type { EventStore } from '../events/store.ts';
import { type Later, later, within } from '../registry-repo/later.ts';
import type { Bounds } from '../registry-repo/model-process/confined.ts';
import type { SettledStore } from '../registry-repo/settled/settled.ts';
import { describe, loadVersion } from './activate.ts';
import { createApp } from './app.ts';
import { type FollowActions, Follower, type FollowState } from './follow.ts';
import { Held } from './held.ts';
import type { Hooks } from './hooks/hooks.ts';
import { ShuttingDownError } from './inference/errors.ts';
import type { Pool, PoolHealth, PoolOptions, Trouble } from './inference/pool.ts';
import { listen } from './listen.ts';
import { type Log, openLog } from './log.ts';
import { createMetrics, type Metrics } from './metrics.prometheus.ts';
import type { ServerOptions } from './options.ts';
import { Recorder } from './record.ts';
import type { ProvenVersion, Registry } from './registry.ts';
import { refOf, type ServedModel } from './served.ts';
import { Swap } from './swap.ts';
import { Traffic } from './traffic.ts';

/** What a server works with. All of it belongs to the caller and outlives the server. */
export type ServerWorld = {
  /** The model to serve. */
  readonly model: string;
  readonly registry: Registry;
  readonly store: EventStore;
  /** What a server of this name last accepted. */
  readonly settled: SettledStore;
  readonly clock?: () => Date;
  /** Counts time limits, where it is not the machine's clock. */
  readonly later?: Later;
  readonly log?: Log;
  /** What to do about webhooks; null accepts none. After a hint about the registry the server also checks it itself. */
  readonly hooks?: Hooks | null;
  /** The memory and niceness of a process that runs the model. */
  readonly bounds: Bounds;
  /** The program of such a process, if it is not the usual one. */
  readonly worker?: URL;
};

export type ServerState = {
  /** The version that answers, or null. */
  readonly model: ServedModel | null;
  readonly follow: FollowState;
  readonly workers: PoolHealth | null;
  readonly stopping: boolean;
};

export type RunningServer = {
  readonly url: string;
  readonly port: number;
  /** Resolves when a model answers. @throws {ShuttingDownError} if the server is stopped before */
  readonly ready: () => Promise<void>;
  readonly state: () => ServerState;
  /** Checks the registry now. Resolves when the check has ended, with or without success. */
  readonly poke: () => Promise<void>;
  /** Ends what is running, within `shutdownMs`. Later calls await the first. Never fails. */
  readonly stop: () => Promise<void>;
};

/**
 * Starts a server that answers with what its registry has in production, until it is stopped. It installs no signal
 * handlers and never ends the process.
 *
 * @throws {CannotListenError}
 */
export async function startServer(options: ServerOptions, world: ServerWorld): Promise<RunningServer> {
  const server = new PawlServer(options, world);
  return server.start();
}

class PawlServer {
  readonly #options: ServerOptions;
  readonly #world: ServerWorld;
  readonly #clock: () => Date;
  readonly #later: Later;
  readonly #log: Log;
  readonly #live = new Swap<Pool, ServedModel>((pool) => pool.release());
  readonly #recorder: Recorder;
  readonly #traffic: Traffic;
  readonly #follower: Follower;
  readonly #first: Promise<void>;
  #onFirst: { resolve: () => void; reject: (error: Error) => void } = { resolve: () => {}, reject: () => {} };
  readonly #metrics: Metrics;
  #stopped: Promise<void> | undefined;
  #draining = false;

  constructor(options: ServerOptions, world: ServerWorld) {
    const { model, registry, store, settled, clock = () => new Date(), log = openLog(options) } = world;
    this.#options = options;
    this.#world = world;
    this.#clock = clock;
    this.#later = world.later ?? later;
    this.#log = log;
    this.#traffic = new Traffic(clock());
    this.#metrics = createMetrics(() => this.#live.engine?.health ?? null, this.#traffic);
    const start = randomBytes(8).toString('hex');
    this.#recorder = new Recorder({ store, instance: options.instance, start, clock, log });
    const { pollMs } = options;
    const actions = this.#actions();
    this.#follower = new Follower({ model, registry, settled, actions, pollMs, clock, random: Math.random });
    this.#first = new Promise((resolve, reject) => {
      this.#onFirst = { resolve, reject };
    });
    this.#first.catch(() => {}); // the caller that awaits it gets the error
  }

  async start(): Promise<RunningServer> {
    const { model: name } = this.#world;
    const { host, hosts, limits, trafficWindowMs } = this.#options;
    const app = createApp({
      name,
      live: this.#live,
      state: () => this.#follower.state,
      draining: () => this.#draining,
      traffic: this.#traffic,
      metrics: this.#metrics,
      held: new Held(limits.heldBytes),
      hooks: this.#hooks(),
      limits,
      hosts: [host, ...hosts],
      log: this.#log,
    });
    const listener = await listen(app, this.#options);
    this.#log.info({ url: listener.url, model: name }, 'listening');
    this.#follower.start();
    const window = setInterval(() => this.#recordTraffic(), trafficWindowMs);
    return {
      url: listener.url,
      port: listener.port,
      ready: () => this.#first,
      state: () => this.#state(),
      poke: () => this.#follower.poke(),
      stop: () => {
        this.#stopped ??= this.#stop(listener.close).finally(() => clearInterval(window));
        return this.#stopped;
      },
    };
  }

  #hooks(): Hooks | null {
    const { hooks = null } = this.#world;
    if (!hooks) return null;
    const onRegistry = () => {
      void this.#follower.poke();
      hooks.onRegistry();
    };
    return { ...hooks, onRegistry };
  }

  #state(): ServerState {
    const workers = this.#live.engine?.health ?? null;
    return { model: this.#live.facts, follow: this.#follower.state, workers, stopping: this.#draining };
  }

  #actions(): FollowActions {
    const live = () => this.#live.facts && refOf(this.#live.facts);
    return {
      live,
      activate: async (proven, tip) => {
        const started = performance.now();
        const trouble = (what: Trouble) => this.#trouble(proven, what);
        const { pool, test } = await loadVersion(proven, this.#poolOptions(), trouble);
        if (this.#follower.stopping) {
          await pool.release();
          throw new ShuttingDownError('the server is stopping');
        }
        const facts = describe(proven, tip, this.#clock());
        this.#live.replace({ engine: pool, facts });
        const loadMs = Math.round(performance.now() - started);
        const { name: model, model: modelDigest, verdict } = facts;
        const active = refOf(facts);
        this.#recorder.record({
          type: 'ModelActivated',
          data: { model, active, modelDigest, registryCommit: tip, verdict, selfTest: test, loadMs },
        });
        this.#log.info({ model, ...active, commit: tip, loadMs }, 'answering with this version from now on');
        this.#onFirst.resolve();
      },
      withdraw: (tip) => {
        this.#log.error({ ...live(), commit: tip }, 'the version that answers is revoked: it answers no more');
        this.#live.replace(null);
      },
      confirm: (proven, tip) => {
        const { since } = this.#live.facts as ServedModel;
        this.#live.amend(describe(proven, tip, since));
        this.#log.info({ version: proven.version, commit: tip }, 'main moved on, the version in production did not');
      },
      refused: (refused, tip, { code, detail }) => {
        const kept = live();
        this.#recorder.record({
          type: 'ModelActivationRefused',
          data: { model: this.#world.model, refused, kept, registryCommit: tip, code, detail },
        });
        this.#log.error({ refused, kept, commit: tip, code, detail }, 'main names what cannot be served');
      },
      unreachable: ({ code, detail }) => this.#log.warn({ code, detail }, 'the registry cannot be read, trying again'),
    };
  }

  #trouble({ manifest, manifestDigest, version }: ProvenVersion, { lost, error }: Trouble): void {
    const { code = 'internal', message } = error;
    this.#log.warn({ code, detail: message, version }, lost ? 'a worker was lost' : 'a worker cannot be replaced');
    if (!lost) return;
    this.#metrics.lost(code);
    const served = { version, manifest: manifestDigest };
    this.#recorder.record({ type: 'WorkerLost', data: { model: manifest.model, served, code, detail: message } });
  }

  #poolOptions(): PoolOptions {
    const { workers, threads, hungMs, loadMs, deadlineMs, batchCharacters, limits } = this.#options;
    const { bounds, worker } = this.#world;
    const { queueTexts } = limits;
    return {
      ...{ workers, threads, hungMs, loadMs, deadlineMs, batchCharacters, queueTexts, bounds },
      ...(worker && { entry: worker }),
      later: this.#later,
    };
  }

  #recordTraffic(): void {
    for (const data of this.#traffic.take(this.#clock())) this.#recorder.record({ type: 'TrafficObserved', data });
  }

  async #stop(closeListener: (timeoutMs: number) => Promise<void>): Promise<void> {
    const { shutdownMs } = this.#options;
    const deadline = performance.now() + shutdownMs;
    const left = () => Math.max(50, deadline - performance.now());
    this.#draining = true;
    this.#log.info('stopping');
    this.#onFirst.reject(new ShuttingDownError('the server was stopped before a model answered'));
    const following = this.#follower.stop();
    await closeListener(shutdownMs);
    this.#live.replace(null);
    this.#recordTraffic();
    await this.#recorder.close(left());
    await within(Promise.all([following, this.#live.released()]), left(), this.#later);
    this.#log.info('stopped');
  }
}
