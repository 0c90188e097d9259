import { removeAbandoned } from '../../registry-repo/temporary.ts';
import { fullNameOf, isUrl } from '../config/address.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { Secrets } from '../config/secrets.ts';
import type { Keys } from '../keys.ts';
import { reconcile } from '../promotion/reconcile.ts';
import { registryRecorded } from '../registry-setup/setup.ts';
import { ChildLook, type Log, lookCommand } from '../triggers/look.ts';
import { Upkeep, type UpkeepOptions } from '../triggers/upkeep.ts';
import type { Places, Promoting, Recording } from '../world.ts';
import { temporaryPlaces } from './reconcile.ts';

/** What a server looks after besides answering. */
export type TendWorld = Places &
  Recording &
  Promoting & {
    readonly loaded: LoadedConfig;
    readonly gateIsHere: boolean;
    secrets(): Pick<Secrets, 'webhook'>;
    keys(): Keys;
  };

/**
 * The upkeep of a server with these settings. Only a server that takes webhooks starts runs. A server that only answers
 * should not start training because it shares a settings file.
 *
 * @param looked called after each piece of work: it may have moved main
 */
export function tend(world: TendWorld, log: Log, looked: () => void): Upkeep {
  const { loaded, config } = world;
  const trains = world.secrets().webhook !== null && config.watch.repository !== null;
  return new Upkeep({
    reconcile: async () => {
      for (const path of await removeAbandoned(temporaryPlaces(world)))
        log.info({ path }, 'removed what a killed process had left');
      await reconcileServed(world, log);
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

/** What webhooks may be about; null if the server takes none. */
export function hooksOf(world: TendWorld, upkeep: Upkeep) {
  const { registry, watch } = world.config;
  const { webhook: secret } = world.secrets();
  if (secret === null) return null;
  return {
    secret,
    registry: registry.repository ?? fullNameOf(world.path(registry.path)),
    training: watch.repository && fullNameOf(addressOf(world, watch.repository)),
    onRegistry: () => upkeep.registry(),
    onTraining: () => upkeep.training(),
  };
}

const addressOf = (world: Places, repository: string): string =>
  isUrl(repository) ? repository : world.path(repository);

/** A machine without the keys to promote with only serves, and leaves this work to machines that have them. */
async function reconcileServed(world: TendWorld, log: Log): Promise<void> {
  const keys = world.keys();
  if (!keys.log || (world.gateIsHere && !keys.gate) || !(await registryRecorded(world))) return;
  const { interrupted, finished, diverged } = await reconcile(
    await world.promotions((line) => log.info({ line }, 'promotion')),
  );
  for (const run of interrupted) log.warn({ run }, 'a run was interrupted: its process is gone');
  for (const { id, model, status } of finished)
    log.info({ promotion: id, model, status }, 'a promotion was looked after');
  for (const { commit, detail } of diverged) log.error({ commit, detail }, 'main holds what nothing explains');
}
