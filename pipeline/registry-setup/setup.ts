import type { Fact } from '../../events/catalogue.ts';
import { PawlError } from '../../events/errors.ts';
import { registryStream } from '../../events/streams.ts';
import { digestOf } from '../../registry-repo/digest.ts';
import { Git } from '../../registry-repo/git.ts';
import { RegistryAt } from '../../registry-repo/registry.ts';
import type { Dataset } from '../data/load.ts';
import { requireNoMirror } from '../forge/mirror.ts';
import { createKeys, pinKeys } from '../keys.ts';
import { handle } from '../record.ts';
import type { Beginning, Forging, Keeping, Minting, Places, Recording, Settings, Storing } from '../world.ts';
import { firstFiles } from './first-files.ts';
import { createRegistry, mainOf } from './init.ts';

/** The log knows a registry, but it is not where the settings say. */
export class RegistryGoneError extends PawlError {
  readonly code = 'registry_gone';
}

/** What is needed to set a registry up. */
export type SetupWorld = Places & Minting & Recording & Beginning & Storing & Forging & Keeping;

/** Whether the log says that there is a registry, wherever it is now. */
export async function registryRecorded(world: Pick<Recording, 'store'>): Promise<boolean> {
  const events = await world.store().readStream(registryStream);
  return events.some((event) => event.type === 'RegistryInitialized');
}

/**
 * Makes missing keys and a missing registry, and records it. What exists is not changed.
 *
 * @param load gives the data whose test split becomes the evaluation set; called only if it is needed
 * @throws {RegistryGoneError} rather than making an empty registry in the place of one that is missing
 */
export async function ensureRegistry(
  world: SetupWorld,
  load: () => Promise<Dataset>,
): Promise<{ created: boolean; commit: string }> {
  const { config, clock } = world;
  if (config.registry.forge !== 'local') return recordRemote(world);
  const gitDir = world.path(config.registry.path);
  requireNoMirror(gitDir);
  const there = await mainOf(gitDir);
  if (!there && (await registryRecorded(world)))
    throw new RegistryGoneError(
      `the log knows a registry, but ${gitDir} is none: restore it from a clone or a backup, or set registry.path to where it is; to begin anew, set another events.path`,
    );
  world.keepState();
  const keys = await createKeys(world.path(config.keys.path), clock());
  const first = there ? null : firstFiles(world, await load(), keys);
  if (first) await world.artifacts().put(first.rows);
  const files = first?.files ?? new Map<string, string | Buffer>();
  const { commit, created } = await createRegistry(gitDir, files, config.registry.author, clock());
  if (created && first) await pinKeys(world.path(config.keys.path), first.registry);
  await recordInitialized(world, new Git(gitDir));
  return { created, commit };
}

/** What `ensureRegistry` would make on this machine: the paths, and from what. It makes nothing and loads no data. */
export async function wouldMake(world: Places): Promise<string[]> {
  const { config } = world;
  const gitDir = world.path(config.registry.path);
  requireNoMirror(gitDir);
  if (await mainOf(gitDir)) return [];
  return [
    `${world.path(config.keys.path)}: the gate’s key and the log’s, where there are none`,
    `${gitDir}: the registry, with the rules of the policy section and the test rows of ${config.data.kind} data`,
    `${world.path(config.artifacts.path)}: those rows`,
  ];
}

/**
 * A remote registry is made by people with the right to do so, with `pawl registry init`; here it is only recorded in
 * the log.
 */
async function recordRemote(world: SetupWorld): Promise<{ created: boolean; commit: string }> {
  const forge = world.forge();
  const commit = await forge.sync();
  await recordInitialized(world, forge.git, forge.location);
  return { created: false, commit };
}

/** Records the registry's first commit; once, also if an earlier attempt died before it. */
export async function recordInitialized(
  world: Settings & Recording & Beginning,
  git: Git,
  location = git.gitDir,
): Promise<void> {
  world.beginLog();
  const first = await git.text(['rev-list', '--max-parents=0', '--first-parent', 'refs/heads/main']);
  const at = new RegistryAt(git, first);
  const { digest: policy, value } = await at.policy();
  const { tree } = await git.commit(first);
  const gateKey = value.keys.find((k) => k.role === 'gate')?.id ?? 'none';
  const data = { commit: first, tree, policy, forge: world.config.registry.forge, location, gateKey };
  const fact: Fact = { type: 'RegistryInitialized', data };
  const ports = { store: world.store(), clock: world.clock, command: world.command };
  await handle(ports, registryStream, (events) =>
    events.some((e) => e.type === 'RegistryInitialized')
      ? null
      : { commandId: `registry:${digestOf(first)}`, facts: [fact] },
  );
}
