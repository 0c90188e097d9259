import { rename, writeFile } from 'node:fs/promises';
import { RegistryAt } from '../../../registry-repo/registry.ts';
import type { Dataset } from '../../data/load.ts';
import { ForgeError } from '../../forge/errors.ts';
import { type GitHubConnection, type Probed, probeFile } from '../../forge/github/open.github.ts';
import { logBranchBesideMain } from '../../forge/log-repository.ts';
import { createKeys, pinKeys } from '../../keys.ts';
import type { GatePlace } from '../../promotion/gate.ts';
import type { Places } from '../../world.ts';
import { firstFiles, storePinnedRows } from '../first-files.ts';
import { RegistryExistsError, writeFirstCommit } from '../init.ts';
import type { Part, PlannedCall } from '../part.ts';
import { seedFiles } from '../seed.ts';
import { recordInitialized, type SetupWorld } from '../setup.ts';
import { planRepository } from './plan.ts';
import { applyParts, creation, findRepository, planNew, probeServer, requireAccepted, sender } from './setup.ts';
import type { Wanted } from './wanted.ts';

/** Who judges and merges. */
export type GateAt = { readonly gatePlace: GatePlace };

export type InitOptions = {
  readonly owners: readonly string[];
  readonly visibility: Wanted['visibility'];
  readonly dryRun: boolean;
  /** Names of the parts that the server may lack. */
  readonly accepted: readonly string[];
  /** Gives the data whose test rows become the evaluation set; called only if it is needed. */
  readonly load: () => Promise<Dataset>;
  readonly say: (line: string) => void;
};

export type Initialised = {
  readonly url: string;
  readonly created: boolean;
  /** Null if nothing was done. */
  readonly commit: string | null;
  readonly calls: readonly PlannedCall[];
  readonly parts: readonly Part[];
  readonly enforced: Probed | null;
};

/** How a registry with these settings should be set up. @param owners of its rules */
export function wantedOf(world: Places, options: Pick<InitOptions, 'owners' | 'visibility'>): Wanted {
  const { config } = world;
  const [owner = '', repo = ''] = config.registry.repository?.split('/') ?? [];
  const approvals = config.policy.merge === 'after-approval' ? 1 : 0;
  const { gateApp } = config.registry;
  const log = logBranchBesideMain(world);
  const codeOwners = options.owners.length > 0;
  return { owner, repo, gateApp, approvals, visibility: options.visibility, codeOwners, log };
}

/**
 * Makes or takes over a registry on GitHub: repository, first commit, settings, rules. Then it checks that they hold.
 * Repeating it changes only what is not as it should be.
 *
 * @throws {RegistryExistsError} if the repository has commits, and no registry @throws {ForgeError}
 */
export async function initGitHub(
  world: SetupWorld & GateAt & { github(): GitHubConnection },
  options: InitOptions,
): Promise<Initialised> {
  const connection = world.github();
  const { place, web } = connection;
  const wanted = wantedOf(world, options);
  const there = await findRepository(place);
  if (options.dryRun) return dryRun(connection, wanted, there !== null);
  const send = sender(place.api);
  const calls: PlannedCall[] = [];
  if (!there) {
    const call = await creation(place, wanted);
    await send(call);
    calls.push(call);
    if (!(await findRepository(place))) throw new ForgeError('refused', `${web} was to be made, and is not there`);
    options.say(`made ${web}`);
  }
  // An empty repository gets its default branch with the first push.
  const empty = !there || (await connection.mirror.remoteRefs('HEAD')).size === 0;
  if (there && there.default_branch !== 'main' && !empty)
    throw new ForgeError('refused', `${web} has the default branch ${there.default_branch}: make it main first`);
  requireAccepted(await planRepository(place.api, wanted), options.accepted);
  const commit = await firstCommit(world, connection, options);
  if (empty && (await findRepository(place))?.default_branch !== 'main') {
    const { owner, repo } = wanted;
    const call = { route: 'PATCH /repos/{owner}/{repo}', params: { owner, repo, default_branch: 'main' } };
    await send(call);
    calls.push(call);
  }
  await recordInitialized(world, connection.mirror.git, web);
  const applied = await applyParts(place.api, wanted, send);
  const enforced = await probeServer(connection, wanted, {
    tip: commit,
    name: world.newId(),
    time: world.clock(),
  });
  await keepProbed(connection, enforced);
  return { url: web, created: !there, commit, calls: [...calls, ...applied.calls], parts: applied.parts, enforced };
}

async function dryRun({ place, web }: GitHubConnection, wanted: Wanted, there: boolean): Promise<Initialised> {
  if (!there) {
    const calls = [await creation(place, wanted), ...(await planNew(place.api, wanted))];
    return { url: web, created: false, commit: null, calls, parts: [], enforced: null };
  }
  const parts = await planRepository(place.api, wanted);
  return { url: web, created: false, commit: null, calls: parts.flatMap((p) => p.calls), parts, enforced: null };
}

/**
 * Main's tip: the existing one, if it is a registry's, or a first commit, pushed before the rules forbid pushes to
 * main.
 */
export async function firstCommit(
  world: SetupWorld & GateAt,
  { mirror, web }: Pick<GitHubConnection, 'mirror' | 'web'>,
  { load, owners }: Pick<InitOptions, 'load' | 'owners'>,
): Promise<string> {
  const { config, clock } = world;
  const ref = 'refs/heads/main';
  if (!(await mirror.remoteRefs(ref)).has(ref)) {
    world.keepState();
    const keys = await createKeys(world.path(config.keys.path), clock());
    const { forge, action } = config.registry;
    const gate = world.gatePlace;
    const seed = await seedFiles({ forge, gate, action, owners });
    const first = firstFiles(world, await load(), keys);
    const files = new Map([...seed, ...first.files]);
    await mirror.push({
      ref,
      to: await writeFirstCommit(mirror.git, files, config.registry.author, clock()),
      from: null,
    });
    await pinKeys(world.path(config.keys.path), first.registry);
  }
  const tip = await mirror.sync();
  const root = await mirror.git.text(['rev-list', '--max-parents=0', '--first-parent', tip]);
  await new RegistryAt(mirror.git, root).policy().catch((cause) => {
    throw new RegistryExistsError(
      `${web} has commits, and its first one is no registry's: give registry.repository an empty repository, or one that does not exist`,
      { cause },
    );
  });
  await storePinnedRows(world, new RegistryAt(mirror.git, tip), load);
  return tip;
}

export async function keepProbed({ mirror }: Pick<GitHubConnection, 'mirror'>, enforced: Probed): Promise<void> {
  const file = probeFile(mirror.git);
  await writeFile(`${file}.new`, `${JSON.stringify(enforced)}\n`);
  await rename(`${file}.new`, file);
}
