import { tmpdir } from 'node:os';
import { removeAbandoned } from '../../registry-repo/temporary.ts';
import { behind, type ComparedWorld, mainNow, newestLackingAt } from '../compare-log.ts';
import { endDeadRuns, type Reconciled, reconcile } from '../promotion/reconcile.ts';
import { registryRecorded } from '../registry-setup/setup.ts';
import type { Beginning, Places, Promoting, Recording, Viewing } from '../world.ts';
import { UsageError } from './not-found.ts';
import { takeUp } from './take-up.ts';

type World = ComparedWorld & Recording & Beginning & Viewing & Promoting & { takeLogAsItIs(): void };

/** @property lost how many checkpoints on main were signed for events that the log lost, if it went on now */
export type ReconciledAll = Reconciled & { readonly removed: readonly string[]; readonly lost: number };

/**
 * Finishes what was left half done: promotions, runs and temporary folders. A log that is an older copy goes on with
 * what main proves.
 *
 * @param lostLog whether a log without that past may go on too
 * @throws {LogBehindRegistryError} {UsageError} if `lostLog` is given for a log that has its past
 */
export async function reconcileAll(
  world: World,
  say: (line: string) => void,
  { lostLog = false } = {},
): Promise<ReconciledAll> {
  world.takeLogAsItIs();
  const reconciled = (await goneOn(world, say, lostLog)) ?? { ...(await reconcileHere(world, say)), lost: 0 };
  return { ...reconciled, removed: await removeAbandoned(temporaryPlaces(world)) };
}

/** Folders in which commands put what they remove at their end. */
export const temporaryPlaces = (world: Places): string[] => [tmpdir(), world.path(world.config.cache.path)];

/** Takes up what the log lacks; null if it lacks nothing. */
async function goneOn(
  world: World,
  say: (line: string) => void,
  lostLog: boolean,
): Promise<(Reconciled & { readonly lost: number }) | null> {
  const store = world.store();
  const tip = await mainNow(world, store);
  const lacking = tip === null ? [] : await newestLackingAt(world, store, tip);
  if (tip !== null && lacking.length > 0) {
    if (!lostLog && lacking.some(({ kind }) => kind === 'other')) throw await behind(world, store, lacking);
    return takeUp(world, tip, say);
  }
  if (lostLog) throw new UsageError('--lost-log: this log holds all that main proves, so leave it out');
  return null;
}

async function reconcileHere(world: World, say: (line: string) => void): Promise<Reconciled> {
  if (await registryRecorded(world)) return reconcile(await world.promotions(say));
  // Before the first registry there can be runs, but no promotions.
  const { clock, command } = world;
  const ports = { store: world.store(), clock, command, views: () => world.views() };
  return { interrupted: await endDeadRuns(ports), finished: [], leased: [], diverged: [] };
}
