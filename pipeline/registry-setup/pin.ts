import type { RegistryIdentity } from '../../registry-repo/identity.ts';
import { POLICY_PATH } from '../../registry-repo/policy.ts';
import { RegistryAt } from '../../registry-repo/registry.ts';
import { pinKeys } from '../keys.ts';
import type { Clock, Forging, Places } from '../world.ts';

/**
 * Has the keys here count for the registry that main names, and for no other: the word of whoever runs this, who has looked.
 * Verdicts that name no registry are good up to the commit before the one that gave it its id, wherever that was decided.
 *
 * @returns null where main names no registry @throws {KeyError}
 */
export async function pinToMain(world: Places & Clock & Forging): Promise<RegistryIdentity | null> {
  const { git } = world.forge();
  const tip = await world.forge().sync();
  const { registry } = (await new RegistryAt(git, tip).policy()).value;
  if (!registry) return null;
  const oldestFirst = (await git.firstParents(tip, { path: POLICY_PATH })).reverse();
  let after: string | null = null;
  for (const { oid, parents } of oldestFirst) {
    if ((await new RegistryAt(git, oid).policy()).value.registry?.id !== registry.id) continue;
    after = parents[0] ?? null;
    break;
  }
  const since = after === null ? registry.since : world.clock().toISOString();
  const pinned = { id: registry.id, since, after };
  await pinKeys(world.path(world.config.keys.path), pinned);
  return pinned;
}
