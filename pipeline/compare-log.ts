import { existsSync } from 'node:fs';
import { PawlError } from '../events/errors.ts';
import type { EventStore } from '../events/store.ts';
import { RegistryError } from '../registry-repo/errors.ts';
import { Git } from '../registry-repo/git.ts';
import type { Key } from '../registry-repo/policy.ts';
import { RegistryAt } from '../registry-repo/registry.ts';
import type { ObjectId } from '../registry-repo/values.ts';
import type { Config } from './config/config.ts';
import { logBranch } from './open-store.ts';
import { anchoredAt, newestProofs, proofOf } from './past/anchored.ts';
import { type Lacking, lackingOf } from './past/lacking.ts';
import type { Forging, Places, Trusting } from './world.ts';

/** Where a log is compared with main: the settings, the registry and the keys that count. */
export type ComparedWorld = Places & Forging & Trusting;

/** The log does not hold what checkpoints on main prove that it held. Nothing was answered or written. */
export class LogBehindRegistryError extends PawlError {
  readonly code = 'log_behind_registry';
}

/** Whether an append comes next, and whether it may be the first of the log: only where the registry is set up. */
export type NextUse = { readonly appends: boolean; readonly mayBegin: boolean };

/**
 * Holds a log against the newest checkpoints on main. They are read on this machine; the forge is asked if this machine
 * has no copy of the registry, and the log has no events or is itself fetched from there.
 *
 * @returns whether there was a main to compare with
 * @throws {LogBehindRegistryError}
 */
export async function compareWithMain(
  world: ComparedWorld,
  store: EventStore,
  { appends, mayBegin }: NextUse = { appends: false, mayBegin: false },
): Promise<boolean> {
  const tip = await mainOf(world, store);
  const lacking = tip === null ? [] : await newestLackingAt(world, store, tip);
  if (lacking.length > 0) throw await behind(world, store, lacking);
  const onBranch = world.config.events.store === 'git';
  if (onBranch && !mayBegin && (tip !== null || appends) && (await store.position()) === 0)
    throw new LogBehindRegistryError(
      `there is no ${logBranch(world)}, and only \`pawl registry init\` makes it: run that once; if there was such a branch, it was deleted: push it again from a machine that has it (refs/pawl/log of the folder beside events.path that ends in .git)`,
    );
  return tip !== null;
}

/** Main as it is now at the forge; null if there is no registry yet. @throws {ForgeError} */
export async function mainNow(world: ComparedWorld, store: EventStore): Promise<ObjectId | null> {
  const here = await mainOf(world, store);
  return here === null || world.config.registry.forge === 'local' ? here : world.forge().sync();
}

/** The newest checkpoints of each model, at one commit of main, that the log does not hold: none if it holds all. */
export async function newestLackingAt(world: ComparedWorld, store: EventStore, tip: ObjectId): Promise<Lacking[]> {
  const main = new RegistryAt(new Git(registryAt(world)), tip);
  return lackingOf(store, await newestProofs(main, await logKeys(world, main)));
}

/** All of them. */
export async function lackingAt(world: ComparedWorld, store: EventStore, tip: ObjectId): Promise<Lacking[]> {
  const main = new RegistryAt(new Git(registryAt(world)), tip);
  const keys = await logKeys(world, main);
  const proofs = (await anchoredAt(main)).flatMap((anchored) => proofOf(anchored, keys) ?? []);
  return lackingOf(store, proofs);
}

/** What is wrong, and what to do about it where the log is. */
export async function behind(
  world: Places,
  store: EventStore,
  lacking: readonly Lacking[],
): Promise<LogBehindRegistryError> {
  const { proof, kind } = lacking.reduce((most, l) => (l.proof.size > most.proof.size ? l : most));
  const size = await store.position();
  const { config } = world;
  const where = config.events.store === 'git' ? logBranch(world) : world.path(config.events.path);
  const proved = `${proof.path} on main proves that the log had ${proof.size} events`;
  if (kind === 'older')
    return new LogBehindRegistryError(
      `the log at ${where} is an older copy (${size} events): ${proved}, and not all of those are here. ${newer(config)}\`pawl reconcile\` takes up what main proves happened since`,
    );
  const what = size === 0 ? `the log at ${where} is empty` : `${where} is another log (${size} events)`;
  return new LogBehindRegistryError(`${what}: ${proved}. ${others(config)}`);
}

const newer = ({ events }: Config): string =>
  events.store === 'git'
    ? 'Put the branch back to its last commit if some machine has it; else '
    : 'Put back a newer copy with `pawl events restore FILE` if there is one; then, or else, ';

const others = ({ events }: Config): string =>
  events.store === 'git'
    ? 'Set events.repository and events.branch to where the log is, or push the branch again from a machine that has it (refs/pawl/log of the folder beside events.path that ends in .git); if nobody has it, `pawl reconcile --lost-log` begins a new one with what main proves'
    : 'Mount what should be there, or set events.path to where the log is, or put back a copy that `pawl events backup` made with `pawl events restore FILE`; if there is none, `pawl reconcile --lost-log` begins a new log with what main proves';

const registryAt = (world: Places): string => world.path(world.config.registry.path);

/** Keys of a log that count: those trusted here; where there are none, those that the rules on main name. */
async function logKeys(world: ComparedWorld, main: RegistryAt): Promise<readonly Key[]> {
  const ofLogs = (keys: readonly Key[]) => keys.filter((key) => key.role === 'log');
  const trusted = ofLogs(world.keys().trusted);
  return trusted.length > 0 ? trusted : ofLogs(await main.policy().then(({ value }) => value.keys, unread));
}

/** Rules that cannot be read name no keys; what is wrong with them is for others to say. */
function unread(error: unknown): readonly Key[] {
  if (error instanceof RegistryError) return [];
  throw error;
}

async function mainOf(world: ComparedWorld, store: EventStore): Promise<ObjectId | null> {
  const gitDir = registryAt(world);
  const here = existsSync(gitDir) ? await new Git(gitDir).resolve('refs/heads/main') : null;
  const { registry, events } = world.config;
  const fetched = events.store === 'git' && events.repository === null;
  if (here !== null || registry.forge === 'local' || (!fetched && (await store.position()) > 0)) return here;
  try {
    return await world.forge().sync();
  } catch (error) {
    // A log of its own may begin where nobody can be asked. One that comes from the forge has been asked for there.
    if (fetched || !(error instanceof PawlError || error instanceof RegistryError)) throw error;
    return null;
  }
}
