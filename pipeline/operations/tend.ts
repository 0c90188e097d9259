import { removeAbandoned } from '../../registry-repo/temporary.ts';
import { fullNameOf, isUrl } from '../config/address.ts';
import { reconcile } from '../promotion/reconcile.ts';
import { registryRecorded } from '../registry-setup/setup.ts';
import { ChildLook, type Log, lookCommand } from '../triggers/look.ts';
import { Upkeep, type UpkeepOptions } from '../triggers/upkeep.ts';
import type { Workspace } from '../workspace.ts';
import { temporaryPlaces } from './reconcile.ts';

/**
 * The upkeep of a server of this workspace. Only a server that takes webhooks starts runs: one that only answers should not
 * find itself training because it shares a settings file.
 *
 * @param looked called after each piece of work: it may have moved main
 */
export function tend(workspace: Workspace, log: Log, looked: () => void): Upkeep {
  const { loaded, config } = workspace;
  const trains = workspace.secrets().webhook !== null && config.watch.repository !== null;
  return new Upkeep({
    reconcile: async () => {
      for (const path of await removeAbandoned(temporaryPlaces(workspace)))
        log.info({ path }, 'removed what a killed process had left');
      await reconcileServed(workspace, log);
      looked();
    },
    look: trains ? thenTell(new ChildLook(lookCommand(loaded), loaded.request.folder, log), looked) : null,
    everyMs: config.server.reconcileMs,
    log,
  });
}

const thenTell = (look: ChildLook, looked: () => void): UpkeepOptions['look'] => ({
  run: () => look.run().then(looked),
  stop: (graceMs) => look.stop(graceMs),
});

/** What webhooks may be about; null where the server takes none. */
export function hooksOf(workspace: Workspace, upkeep: Upkeep) {
  const { registry, watch } = workspace.config;
  const { webhook: secret } = workspace.secrets();
  if (secret === null) return null;
  return {
    secret,
    registry: registry.repository ?? fullNameOf(workspace.path(registry.path)),
    training: watch.repository && fullNameOf(addressOf(workspace, watch.repository)),
    onRegistry: () => upkeep.registry(),
    onTraining: () => upkeep.training(),
  };
}

const addressOf = (workspace: Workspace, repository: string): string =>
  isUrl(repository) ? repository : workspace.path(repository);

/** Machines without the keys to promote with only serve, and leave this to those that have them. */
async function reconcileServed(workspace: Workspace, log: Log): Promise<void> {
  const keys = workspace.keys();
  if (!keys.log || (workspace.gateIsHere && !keys.gate) || !(await registryRecorded(workspace))) return;
  const { interrupted, finished, drift } = await reconcile(
    workspace.promotions((line) => log.info({ line }, 'promotion')),
  );
  for (const run of interrupted) log.warn({ run }, 'a run was interrupted: its process is gone');
  for (const { id, model, status } of finished)
    log.info({ promotion: id, model, status }, 'a promotion was looked after');
  for (const { commit, detail } of drift) log.error({ commit, detail }, 'main holds what nothing explains');
}
