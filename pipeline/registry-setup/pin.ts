import type { RegistryIdentity } from '../../registry-repo/identity.ts';
import { POLICY_PATH } from '../../registry-repo/policy.ts';
import { RegistryAt } from '../../registry-repo/registry.ts';
import { pinKeys } from '../keys.ts';
import type { Workspace } from '../workspace.ts';

/**
 * Has the keys here count for the registry that main names, and for no other: the word of whoever runs this, who has looked.
 * Verdicts that name no registry are good up to the commit before the one that gave it its id, wherever that was decided.
 *
 * @returns null where main names no registry @throws {KeyError}
 */
export async function pinToMain(workspace: Workspace): Promise<RegistryIdentity | null> {
  const { git } = workspace.forge();
  const tip = await workspace.forge().sync();
  const { registry } = (await new RegistryAt(git, tip).policy()).value;
  if (!registry) return null;
  const oldestFirst = (await git.firstParents(tip, { path: POLICY_PATH })).reverse();
  let after: string | null = null;
  for (const { oid, parents } of oldestFirst) {
    if ((await new RegistryAt(git, oid).policy()).value.registry?.id !== registry.id) continue;
    after = parents[0] ?? null;
    break;
  }
  const since = after === null ? registry.since : workspace.clock().toISOString();
  const pinned = { id: registry.id, since, after };
  await pinKeys(workspace.path(workspace.config.keys.path), pinned);
  return pinned;
}
