import { randomBytes } from 'node:crypto';
import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import type { Command } from '../events/envelope.ts';
import { timeSortedId } from '../events/ids.ts';
import type { CopyableStore, EventStore } from '../events/store.ts';
import { baseline } from '../projections/baseline.ts';
import { Engine } from '../projections/engine.ts';
import { openViews } from '../projections/open-views.sqlite.ts';
import { promotions } from '../projections/promotions.ts';
import { runs } from '../projections/runs.ts';
import { versions } from '../projections/versions.ts';
import type { Views } from '../projections/views.ts';
import type { Artifacts } from '../registry-repo/artifacts/artifacts.ts';
import type { GateAnswer, GateRequest } from '../registry-repo/gate/gate.ts';
import { Git } from '../registry-repo/git.ts';
import type { Bounds } from '../registry-repo/model-process/confined.ts';
import { withoutSandbox } from '../registry-repo/model-process/isolation.ts';
import { fetchFor } from '../registry-repo/network/network.undici.ts';
import type { OpenModel } from '../registry-repo/runtime/runtime.ts';
import { readSigningKey, type SigningKey } from '../registry-repo/verdict/keys.ts';
import { compareWithMain } from './compare-log.ts';
import type { LoadedConfig } from './config/load.ts';
import { readSecrets, type Secrets } from './config/secrets.ts';
import { LocalForge } from './forge/forge.local.ts';
import type { Forge } from './forge/forge.ts';
import { connectGitea, openGitea } from './forge/gitea/open.ts';
import { connectGitHub, openGitHub, webOf } from './forge/github/open.github.ts';
import { requireNoMirror } from './forge/mirror.ts';
import { type Keys, loadKeys, readTrusted, registryOf, requireKey, requireTrustedGate } from './keys.ts';
import { openArtifacts } from './open-artifacts.ts';
import { openStore } from './open-store.ts';
import { version } from './package-info.ts';
import { ComparedStore } from './past/compared-store.ts';
import { type Progress, silentProgress } from './progress.ts';
import type { Gate, GatePlace } from './promotion/gate.ts';
import type { ReconcilePorts } from './promotion/ports.ts';
import type { TrainingRepository } from './source/repository.git.ts';

/** A workflow takes minutes: how often to look for its verdict, and when to ask for it again. */
const GATE_LOOK_MS = 5000;
const GATE_ASK_MS = 600_000;

const STAGES = { upload: 'storing', download: 'fetching' } as const;

export const projections = [runs, versions, promotions, baseline] as const;

type Question = Pick<GateRequest, 'head' | 'base' | 'pullRequest' | 'reason' | 'measure'>;

/**
 * Everything a command can reach; each part is made when it is first used. Adapters are chosen here and nowhere else.
 * What only some commands need, and takes long to load, is loaded when it is used.
 */
export class Workspace {
  readonly loaded: LoadedConfig;
  readonly clock = () => new Date();
  readonly newId = () => timeSortedId(this.clock(), randomBytes(6));
  readonly #progress: Progress;
  readonly #keep: (root: string) => void;
  #store: CopyableStore | undefined;
  #compared: CopyableStore | undefined;
  #asItIs = false;
  #mayBegin = false;
  #views: Views | undefined;
  #artifacts: Artifacts | undefined;
  #forge: Forge | undefined;
  #secrets: Secrets | undefined;
  #network: typeof fetch | undefined;

  /**
   * @param progress shows long work of any part, such as transfers
   * @param keep makes the state folder safe; called before anything is made in it
   */
  constructor(loaded: LoadedConfig, progress: Progress = silentProgress, keep: (root: string) => void = () => {}) {
    this.loaded = loaded;
    this.#progress = progress;
    this.#keep = keep;
  }

  get config(): LoadedConfig['config'] {
    return this.loaded.config;
  }

  /** The environment variables that the settings were read from. */
  get env(): LoadedConfig['request']['env'] {
    return this.loaded.request.env;
  }

  /**
   * The way to the network, as this machine's variables about proxies and certificates have it.
   *
   * @throws {NetworkSettingError}
   */
  network(): typeof fetch {
    this.#network ??= fetchFor(this.env);
    return this.#network;
  }

  /** The same, where a variable that cannot be followed matters only once something is asked. */
  readonly fetch: typeof fetch = async (...asked) => this.network()(...asked);

  /** Makes a typed path absolute: it is relative to the user's folder. */
  here(typed: string): string {
    return resolve(this.loaded.request.folder, typed);
  }

  /** Makes a path of the configuration absolute. */
  path(relative: string): string {
    return resolve(this.loaded.root, relative);
  }

  /** Makes the state folder safe before anything is made in it. */
  keepState(): void {
    this.#keep(this.loaded.root);
  }

  /** The user, as events record it. */
  get command(): Pick<Command, 'actor' | 'source'> {
    return { actor: userName(), source: `pawl/${version}` };
  }

  /** @throws {ConfigError} */
  secrets(): Secrets {
    this.#secrets ??= readSecrets(this.env);
    return this.#secrets;
  }

  /**
   * The log. Before it answers or takes an event, it is held against main, unless `takeLogAsItIs` was called.
   *
   * @throws {StoreError} and, from every method of it, {LogBehindRegistryError}
   */
  store(): EventStore {
    return this.copyableStore();
  }

  /** The same store, if it can write a backup. @throws {StoreError} */
  copyableStore(): CopyableStore {
    const store = this.logAsItIs();
    this.#compared ??= new ComparedStore(store, (appends) =>
      compareWithMain(this, store, { appends, mayBegin: this.#mayBegin }),
    );
    return this.#asItIs ? store : this.#compared;
  }

  /** The log whatever main proves: for what shows or mends the log itself. @throws {StoreError} */
  logAsItIs(): CopyableStore {
    this.keepState();
    this.#store ??= openStore(this);
    return this.#store;
  }

  /** From now on the log is not held against main: the caller does that, or mends what is wrong. */
  takeLogAsItIs(): void {
    this.#asItIs = true;
  }

  /** Allows the first event of a log on a branch, which would make the branch: a registry is being set up. */
  beginLog(): void {
    this.#mayBegin = true;
  }

  tables(): Views {
    this.keepState();
    this.#views ??= openViews(this.path(this.config.events.views));
    return this.#views;
  }

  /** The views, caught up with the log at the time of the call. */
  async views(): Promise<Engine> {
    const engine = new Engine(this.store(), this.tables(), projections);
    await engine.catchUp();
    return engine;
  }

  artifacts(): Artifacts {
    this.keepState();
    this.#artifacts ??= openArtifacts(this.config.artifacts, {
      folder: this.path(this.config.artifacts.path),
      clock: this.clock,
      github: (repository) => this.github(repository),
      network: () => this.network(),
      progress: ({ direction, done, total }) => this.#progress.update(STAGES[direction], done, total),
    });
    return this.#artifacts;
  }

  keys(): Keys {
    const { gateKey, logKey } = this.secrets();
    const { gate, log, trusted } = loadKeys(this.path(this.config.keys.path));
    return {
      gate: gateKey ? readSigningKey(gateKey) : gate,
      log: logKey ? readSigningKey(logKey) : log,
      trusted: [...trusted, ...readTrusted(this.config.keys.trusted)],
    };
  }

  /** @throws {ForgeError} if settings or secrets that it needs are missing */
  forge(): Forge {
    this.keepState();
    this.#forge ??= this.#openForge();
    return this.#forge;
  }

  #openForge(): Forge {
    const { forge, path, author: by } = this.config.registry;
    const git = new Git(this.path(path));
    if (forge === 'local') {
      requireNoMirror(git.gitDir);
      return new LocalForge({ git, by, clock: this.clock });
    }
    return forge === 'gitea' ? openGitea(this.#remote(git)) : openGitHub(this.#remote(git));
  }

  #remote(git: Git) {
    const { registry } = this.config;
    return {
      registry,
      git,
      by: registry.author,
      clock: this.clock,
      secrets: this.secrets(),
      env: this.env,
      fetch: this.network(),
    };
  }

  /**
   * The registry's repository on GitHub, or another one: to set it up and to check how it is set up.
   * @throws {ForgeError}
   */
  github(repository: string | null = null) {
    const remote = this.#remote(new Git(this.path(this.config.registry.path)));
    return connectGitHub(repository === null ? remote : { ...remote, registry: { ...remote.registry, repository } });
  }

  /** The same on Gitea or Forgejo. @throws {ForgeError} */
  gitea() {
    return connectGitea(this.#remote(new Git(this.path(this.config.registry.path))));
  }

  /** A repository to train from, by path or URL. @throws {RepositoryError} */
  async training(address: string): Promise<TrainingRepository> {
    const { openTraining } = await import('./source/open.ts');
    this.keepState();
    const { forgeToken } = this.secrets();
    const { api, app, forge } = this.config.registry;
    const { origin } = new URL(webOf(api));
    const asApp = forge === 'github' && app.id !== null;
    const token = asApp
      ? (repository: string) => this.github(repository).credentials.token()
      : forgeToken && (async () => forgeToken);
    return openTraining({ address, token: token || null, forge: origin, path: (relative) => this.path(relative) });
  }

  /** The memory and niceness of a process that runs a model. */
  get modelBounds(): Bounds {
    const { megabytes, niceness, sandbox } = this.config.models;
    const bounds = { megabytes: megabytes ?? this.config.policy.scoreMegabytes, niceness };
    return sandbox === 'none' ? { ...bounds, isolation: withoutSandbox } : bounds;
  }

  get openModel(): OpenModel {
    const options = { bounds: this.modelBounds, seconds: this.config.models.seconds };
    return async (...asked) => {
      const { openModelWith } = await import('../registry-repo/model-process/open-model.ts');
      return openModelWith(options)(...asked);
    };
  }

  /** Who judges and merges. */
  get gatePlace(): GatePlace {
    const { gate, forge } = this.config.registry;
    return gate ?? (forge === 'github' ? 'workflow' : 'here');
  }

  /** Whether this machine judges and merges what it proposes. */
  get gateIsHere(): boolean {
    return this.gatePlace === 'here';
  }

  /** How long commands wait for a remote gate; milliseconds. */
  get gateWaitMs(): number {
    return this.config.registry.gateMinutes * 60_000;
  }

  /**
   * Judges commits of the registry; with a key the verdicts are signed.
   *
   * @param stop ends a scoring at once; that judgement is then an error
   */
  judge(key: SigningKey | null, stop?: AbortSignal): (question: Question) => Promise<GateAnswer> {
    const [forge, artifacts] = [this.forge(), this.artifacts()];
    const [bounds, registry] = [{ ...this.modelBounds, ...(stop && { stop }) }, registryOf(this.keys())];
    const gate = { git: forge.git, artifacts, key, registry, now: this.clock, pawl: version };
    return async (question) => {
      const { scoreInProcess } = await import('../registry-repo/scoring/score.process.ts');
      const { runGate } = await import('../registry-repo/gate/gate.ts');
      return runGate({ ...gate, score: scoreInProcess(undefined, bounds), ...question });
    };
  }

  /** What promotions need. Reads the keys to sign with. @throws {KeyError} */
  async promotions(say: (line: string) => void): Promise<ReconcilePorts> {
    const { PromotionProcess } = await import('./promotion/process.ts');
    const { checkScratch } = await import('../registry-repo/gate/scratch.ts');
    const [store, artifacts, forge, keys] = [this.store(), this.artifacts(), this.forge(), this.keys()];
    const folder = this.config.keys.path;
    if (!this.gateIsHere) requireTrustedGate(keys, folder);
    const gate: Gate = this.gateIsHere
      ? { kind: 'here', judge: this.judge(requireKey(keys, 'gate', folder)), check: (bytes) => checkScratch(bytes) }
      : { kind: 'workflow', lookMs: GATE_LOOK_MS, askMs: this.gatePlace === 'watch' ? null : GATE_ASK_MS };
    const { clock, newId, command } = this;
    const ports = {
      store,
      artifacts,
      forge,
      gate,
      trusted: keys.trusted,
      logKey: requireKey(keys, 'log', folder),
      by: this.config.registry.author,
      clock,
      newId,
      command,
      say,
    };
    return { ...ports, process: new PromotionProcess(ports), views: () => this.views() };
  }

  async close(): Promise<void> {
    await this.#store?.close();
    this.#views?.close();
  }
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'unknown'; // a container may run as a user without a name
  }
}
