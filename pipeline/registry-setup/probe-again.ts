import type { Probed } from '../forge/github/open.github.ts';
import type { Workspace } from '../workspace.ts';
import { probe } from './gitea/probe.ts';
import { keepProbed, wantedOf } from './github/init.ts';
import { probeServer } from './github/setup.ts';

/**
 * Tries what the registry's server enforces, on branches of its own, and keeps what was seen: merges go by it from then on.
 *
 * @returns null for a local registry, which has no server @throws {ForgeError}
 */
export async function probeAgain(workspace: Workspace): Promise<Probed | null> {
  const { forge } = workspace.config.registry;
  if (forge === 'local') return null;
  const connection = forge === 'gitea' ? workspace.gitea() : workspace.github();
  const of = { tip: await connection.mirror.sync(), name: workspace.newId(), time: workspace.clock() };
  const enforced =
    forge === 'gitea'
      ? await probe(workspace.gitea(), of)
      : await probeServer(workspace.github(), wantedOf(workspace, { owners: [], visibility: 'private' }), of);
  await keepProbed(connection, enforced);
  return enforced;
}
