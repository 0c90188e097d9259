import { RegistryAt } from '../../../registry-repo/registry.ts';
import { REGISTRY_SETTINGS_PATH, registrySettings } from '../../config/registry-file.ts';
import { type GitHubConnection, readProbed } from '../../forge/github/open.github.ts';
import type { Keys } from '../../keys.ts';
import type { Places } from '../../world.ts';
import { AGAIN, type Answer, differing, named, seen, unseen, warning } from '../answer.ts';
import type { Part } from '../part.ts';
import { seedFiles } from '../seed.ts';
import { type GateAt, wantedOf } from './init.ts';
import { planRepository } from './plan.ts';

type World = Places & GateAt & { keys(): Pick<Keys, 'gate'> };

/** Compares a registry on GitHub with how it should be set up, and names what its server is known not to enforce. */
export async function checkGitHub(world: World & { github(): GitHubConnection }): Promise<Answer> {
  const { place, mirror } = world.github();
  const tip = await mirror.sync();
  const main = new RegistryAt(mirror.git, tip);
  const codeOwners = (await main.stat('.github/CODEOWNERS')) !== null;
  const owners = codeOwners ? ['@owners'] : [];
  const parts = await planRepository(place.api, wantedOf(world, { owners, visibility: 'private' }));
  const wrong = differing(parts);
  if (wrong) return wrong;
  const stale = await changedWorkflows(world, main);
  if (stale.length > 0)
    return {
      state: 'problem',
      what: `not as this version of Pawl has them: ${stale.join(', ')}`,
      fix: 'bring them up to date by a pull request: `pawl registry init --dry-run --json` and the seed show what they should be',
    };
  const settings = await changedSettings(world, main);
  if (settings) return settings;
  return (
    lostGuarantees(world, parts, readProbed(mirror.git)) ??
    `${named(seen(parts)) || 'main can be read'}${unseen(parts)}`
  );
}

/** The gate finds the models through main's own settings: they must name the store that this machine uses. */
async function changedSettings(world: World, main: RegistryAt): Promise<Answer | null> {
  const wanted = world.gatePlace !== 'workflow' ? null : registrySettings(world.config);
  if (wanted === null) return null;
  const there = (await main.stat(REGISTRY_SETTINGS_PATH)) !== null;
  if (there && (await main.file(REGISTRY_SETTINGS_PATH, 1_000_000)).toString('utf8') === wanted) return null;
  return {
    state: 'problem',
    what: `${REGISTRY_SETTINGS_PATH} on main ${there ? 'is not as the settings here say' : 'is missing'}: the gate would look for models elsewhere`,
    fix: `put this there by a pull request that people approve:\n${wanted}`,
  };
}

function lostGuarantees(
  { config, gatePlace, keys }: World,
  parts: readonly Part[],
  probed: ReturnType<typeof readProbed>,
): Answer | null {
  // Only where this machine merges does it matter what the server enforces; a promoter could not even try.
  const mergesHere = gatePlace !== 'workflow' && (gatePlace === 'here' || keys().gate !== null);
  const administers = parts.every((p) => p.state !== 'hidden');
  const unsupported = parts.filter((p) => p.state === 'unsupported');
  const lost = [
    ...unsupported.map((p) => `${p.name}: ${p.what}: ${p.without}`),
    ...(config.registry.gateApp === null
      ? ['registry.gateApp is not set: whoever may write can set the gate’s status']
      : []),
    ...(probed === null && (mergesHere || administers)
      ? ['nobody has tried yet what this server enforces: `pawl doctor --probe` does']
      : []),
    ...(probed?.headPrecondition === false
      ? ['merges ignore the head that was judged: Pawl merges by its own push']
      : []),
    ...(probed?.requiredStatus === false
      ? ['merges ignore the required status: only Pawl’s own checks keep main right']
      : []),
  ];
  if (lost.length === 0) return null;
  return warning(lost.join('; '), lost.length === unsupported.length ? NOT_HERE : AGAIN);
}

/** For what no request can set. */
const NOT_HERE = 'make the repository public, or take a plan or a server that has this; until then it stays as it says';

/** Workflows on main that differ from the seed's; none, if it is not known where they get Pawl. */
async function changedWorkflows(world: World, main: RegistryAt): Promise<string[]> {
  const { forge, action } = world.config.registry;
  if (action === null || world.gatePlace !== 'workflow') return [];
  const seed = await seedFiles({ forge, gate: 'workflow', action, owners: [] });
  const changed: string[] = [];
  for (const [path, content] of seed) {
    if (!path.startsWith('.github/workflows/')) continue;
    const there = (await main.stat(path)) && (await main.file(path, 1_000_000)).toString('utf8');
    if (there !== content) changed.push(path);
  }
  return changed;
}
