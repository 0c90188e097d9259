import { decode } from '../../events/decode.ts';
import type { RecordedEvent } from '../../events/envelope.ts';
import { encodeFacts } from '../../events/envelope.ts';
import { MemoryStore } from '../../events/store.memory.ts';
import type { EventStore } from '../../events/store.ts';
import { NO_STREAM, wholeLog } from '../../events/store.ts';
import { LocalForge } from '../../pipeline/forge/forge.local.ts';
import type { Forge } from '../../pipeline/forge/forge.ts';
import type { Gate, Judge } from '../../pipeline/promotion/gate.ts';
import type { ReconcilePorts } from '../../pipeline/promotion/ports.ts';
import { PromotionProcess } from '../../pipeline/promotion/process.ts';
import { reconcile } from '../../pipeline/promotion/reconcile.ts';
import { baseline } from '../../projections/baseline.ts';
import { Engine } from '../../projections/engine.ts';
import { type Promotion, promotions } from '../../projections/promotions.ts';
import { runs } from '../../projections/runs.ts';
import { versions } from '../../projections/versions.ts';
import { MemoryViews } from '../../projections/views.memory.ts';
import type { Artifacts } from '../../registry-repo/artifacts/artifacts.ts';
import { printFile } from '../../registry-repo/file.ts';
import { runGate } from '../../registry-repo/gate/gate.ts';
import { Git } from '../../registry-repo/git.ts';
import type { Manifest } from '../../registry-repo/manifest.ts';
import type { Policy } from '../../registry-repo/policy.ts';
import { newSigningKey, publicKeyOf } from '../../registry-repo/verdict/keys.ts';
import { command } from './events.ts';
import { tester } from './git.ts';
import { candidateOf, scoreHere, TestRegistry, TIME } from './registry.ts';

const logKey = newSigningKey();
/** The public half of the key that signs every test log; no rules name it unless a test says so. */
export const logPublic = publicKeyOf(logKey, { role: 'log', from: '2026-01-01T00:00:00.000Z', until: null });

/**
 * Everything that a promotion uses. It is real, except for the forge's network, the disk of the log, and the size of
 * the models.
 */
export class World {
  readonly registry: TestRegistry;
  readonly store: EventStore = new MemoryStore();
  readonly logKey = logPublic;
  #ids = 0;

  private constructor(registry: TestRegistry) {
    this.registry = registry;
  }

  static async create(change?: (policy: Policy) => void): Promise<World> {
    const world = new World(await TestRegistry.create(change));
    const { git } = world.registry;
    const commit = await world.registry.main();
    const { tree } = await git.commit(commit);
    const data = {
      commit,
      tree,
      policy: `sha256:${'0'.repeat(64)}`,
      forge: 'local',
      location: git.gitDir,
      gateKey: world.registry.key.id,
    };
    await world.store.append(
      'registry',
      NO_STREAM,
      encodeFacts(command('init'), [{ type: 'RegistryInitialized', data }]),
    );
    return world;
  }

  forge(): Forge {
    return new LocalForge({ git: new Git(this.registry.git.gitDir), by: tester, clock: () => TIME });
  }

  /** Ports of one process; `over` replaces some. */
  ports(
    over: {
      store?: EventStore;
      forge?: Forge;
      artifacts?: Artifacts;
      judge?: Judge;
      gate?: Gate;
      clock?: () => Date;
    } = {},
  ): ReconcilePorts {
    const forge = over.forge ?? this.forge();
    const artifacts = over.artifacts ?? this.registry.artifacts;
    const store = over.store ?? this.store;
    const judge: Judge =
      over.judge ??
      ((question) =>
        runGate({
          ...question,
          git: forge.git,
          artifacts,
          score: scoreHere,
          key: this.registry.key,
          now: () => TIME,
          pawl: '0.0.0-test',
          scratch: this.registry.folder,
        }));
    const base = {
      store,
      artifacts,
      forge,
      gate: over.gate ?? { kind: 'here' as const, judge, check: async () => {} },
      trusted: this.registry.policy.keys,
      logKey,
      by: tester,
      clock: over.clock ?? (() => TIME),
      newId: () => `0000000p${String(++this.#ids).padStart(4, '0')}`,
      command: { actor: 'tester', source: 'pawl/test' },
      say: () => {},
    };
    const views = async () => {
      const engine = new Engine(this.store, new MemoryViews(), [runs, versions, promotions, baseline]);
      await engine.catchUp();
      return engine;
    };
    return { ...base, process: new PromotionProcess(base), views };
  }

  /** Stores a candidate of some skill as a finished run would. @returns its manifest's digest */
  async candidate(skill: number, over: Partial<Manifest> = {}): Promise<string> {
    const { manifest, files } = candidateOf(skill, { over });
    for (const bytes of files.values()) await this.registry.artifacts.put(bytes);
    return this.registry.artifacts.put(Buffer.from(printFile(manifest)));
  }

  /** Proposes a candidate and takes it to its end. */
  async promote(skill: number, over: Partial<Manifest> = {}): Promise<Promotion> {
    const { process } = this.ports();
    const { model, proposal } = await process.propose(await this.candidate(skill, over), null);
    if (proposal.kind !== 'new') throw new Error(`expected a new proposal, got ${proposal.kind}`);
    return process.finish(model, proposal.fact.data.promotionId);
  }

  /**
   * Ports of a process that sees no leases and takes none that others see: leases only save work, and safety must not
   * depend on them.
   */
  portsWithoutLease(): ReconcilePorts {
    const forge = this.forge();
    forge.lease = async () => null;
    forge.moveLease = async () => null;
    return this.ports({ forge });
  }

  async log(): Promise<RecordedEvent[]> {
    const events: RecordedEvent[] = [];
    for await (const page of wholeLog(this.store)) events.push(...page.map(decode));
    return events;
  }

  /** Commit titles on main, oldest first, without the first commit. */
  async mainTitles(): Promise<string[]> {
    const log = await this.registry.git.text(['log', '--reverse', '--first-parent', '--format=%s', 'refs/heads/main']);
    return log.split('\n').slice(1);
  }

  reconcile() {
    return reconcile(this.ports());
  }
}

/** Thrown where a process was killed. */
export class Killed extends Error {}

/**
 * Ports of a process that dies at its `at`-th action, just before it (`before`) or just after it took effect. Once dead
 * it can do nothing more.
 */
export function mortal(
  world: World,
  at: number,
  when: 'before' | 'after',
): { ports: ReconcilePorts; acts: () => string[] } {
  const acts: string[] = [];
  let dead = false;
  const wrap = <T extends object>(target: T, name: string, mutators: readonly string[]): T =>
    new Proxy(target, {
      get(object, key) {
        const value: unknown = Reflect.get(object, key, object);
        if (typeof value !== 'function' || key === 'fileUrl') return value; // which is no action, and gives no promise
        return async (...args: unknown[]) => {
          if (dead) throw new Killed();
          if (!mutators.includes(String(key))) return Reflect.apply(value, object, args);
          acts.push(`${name}.${String(key)}`);
          const mine = acts.length === at;
          if (mine && when === 'before') {
            dead = true;
            throw new Killed();
          }
          const result: unknown = await Reflect.apply(value, object, args);
          if (!mine) return result;
          dead = true;
          throw new Killed();
        };
      },
    });
  const mutators = [
    'pushBranch',
    'deleteBranch',
    'openPullRequest',
    'updatePullRequest',
    'closePullRequest',
    'comment',
    'setStatus',
    'merge',
    'attachVerdict',
    'moveLease',
  ];
  const forge = wrap(world.forge(), 'forge', mutators);
  const store = wrap(world.store, 'store', ['append']);
  const artifacts = wrap(world.registry.artifacts, 'artifacts', ['put']);
  return { ports: world.ports({ forge, store, artifacts }), acts: () => acts };
}
