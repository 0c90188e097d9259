import { tmpdir } from 'node:os';
import { removeAbandoned } from '../../registry-repo/temporary.ts';
import { endDeadRuns, type Reconciled, reconcile } from '../promotion/reconcile.ts';
import { registryRecorded } from '../registry-setup/setup.ts';
import type { Workspace } from '../workspace.ts';

/** Finishes what was left half done, of promotions, runs and temporary folders. */
export async function reconcileAll(
  workspace: Workspace,
  say: (line: string) => void,
): Promise<Reconciled & { readonly removed: readonly string[] }> {
  const reconciled = (await registryRecorded(workspace))
    ? await reconcile(workspace.promotions(say))
    : await withoutRegistry(workspace);
  return { ...reconciled, removed: await removeAbandoned(temporaryPlaces(workspace)) };
}

/** Where commands put what they remove at their end. */
export const temporaryPlaces = (workspace: Workspace): string[] => [
  tmpdir(),
  workspace.path(workspace.config.cache.path),
];

/** Before the first registry there can be runs, but no promotions. */
async function withoutRegistry(workspace: Workspace): Promise<Reconciled> {
  const { clock, command } = workspace;
  const ports = { store: workspace.store(), clock, command, views: () => workspace.views() };
  return { interrupted: await endDeadRuns(ports), finished: [], leased: [], drift: [] };
}
