import { tmpdir } from 'node:os';
import { removeAbandoned } from '../../registry-repo/temporary.ts';
import { endDeadRuns, type Reconciled, reconcile } from '../promotion/reconcile.ts';
import { registryRecorded } from '../registry-setup/setup.ts';
import type { Places, Promoting, Recording, Viewing } from '../world.ts';

/** Finishes what was left half done: promotions, runs and temporary folders. */
export async function reconcileAll(
  world: Places & Recording & Viewing & Promoting,
  say: (line: string) => void,
): Promise<Reconciled & { readonly removed: readonly string[] }> {
  const reconciled = (await registryRecorded(world))
    ? await reconcile(await world.promotions(say))
    : await withoutRegistry(world);
  return { ...reconciled, removed: await removeAbandoned(temporaryPlaces(world)) };
}

/** Folders in which commands put what they remove at their end. */
export const temporaryPlaces = (world: Places): string[] => [tmpdir(), world.path(world.config.cache.path)];

/** Before the first registry there can be runs, but no promotions. */
async function withoutRegistry(world: Recording & Viewing): Promise<Reconciled> {
  const { clock, command } = world;
  const ports = { store: world.store(), clock, command, views: () => world.views() };
  return { interrupted: await endDeadRuns(ports), finished: [], leased: [], diverged: [] };
}
