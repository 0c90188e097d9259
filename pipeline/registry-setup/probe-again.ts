import type { GiteaConnection } from '../forge/gitea/open.ts';
import type { GitHubConnection, Probed } from '../forge/github/open.github.ts';
import type { Minting, Places } from '../world.ts';
import { probe } from './gitea/probe.ts';
import { keepProbed, wantedOf } from './github/init.ts';
import { probeServer } from './github/setup.ts';

type World = Places & Minting & { github(): GitHubConnection; gitea(): GiteaConnection };

/**
 * Tries what the registry's server enforces, on branches of its own, and stores the result: later merges use it.
 *
 * @returns null for a local registry, which has no server @throws {ForgeError}
 */
export async function probeAgain(world: World): Promise<Probed | null> {
  const { forge } = world.config.registry;
  if (forge === 'local') return null;
  const connection = forge === 'gitea' ? world.gitea() : world.github();
  const of = { tip: await connection.mirror.sync(), name: world.newId(), time: world.clock() };
  const enforced =
    forge === 'gitea'
      ? await probe(world.gitea(), of)
      : await probeServer(world.github(), wantedOf(world, { owners: [], visibility: 'private' }), of);
  await keepProbed(connection, enforced);
  return enforced;
}
