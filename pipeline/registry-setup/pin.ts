import type { RegistryIdentity } from '../../registry-repo/identity.ts';
import { POLICY_PATH } from '../../registry-repo/policy.ts';
import { RegistryAt } from '../../registry-repo/registry.ts';
import { pinKeys } from '../keys.ts';
import type { Clock, Forging, Places } from '../world.ts';

/**
 * Pins the keys here to the registry that main names, and to no other. The operator vouches that it is the right
 * registry. Verdicts that name no registry are valid up to the commit before the one that gave the registry its id,
 * wherever that was decided.
 *
 * @returns null if main names no registry @throws {KeyError}
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
