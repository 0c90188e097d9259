import type { GiteaConnection } from '../../forge/gitea/open.ts';
import { readProbed } from '../../forge/github/open.github.ts';
import { hasStatus } from '../../forge/rest/failures.ts';
import type { Places } from '../../world.ts';
import { AGAIN, type Answer, differing, named, warning } from '../answer.ts';
import type { GateAt } from '../github/init.ts';
import type { Part } from '../part.ts';
import { wantedOf } from './init.ts';
import { planRepository } from './plan.ts';

/**
 * Compares a registry on Gitea or Forgejo with how it should be set up, and names what its server is known not to
 * enforce.
 */
export async function checkGitea(world: Places & GateAt & { gitea(): GiteaConnection }): Promise<Answer> {
  const gitea = world.gitea();
  const wanted = await wantedOf(world, gitea, { owners: [], visibility: 'private' });
  const found = await planRepository(gitea.place.api, wanted).catch((error) => {
    if (hasStatus(error, 403)) return null;
    throw error;
  });
  // Neither a promoter nor a gate needs to see that.
  if (!found)
    return 'how main is protected is not shown to this token: whoever administers the repository looks with `pawl doctor`';
  const parts = found.map(sparingOwners);
  const wrong = differing(parts);
  if (wrong) return wrong;
  const lost = lostGuarantees(world, parts, readProbed(gitea.mirror.git));
  if (lost.length > 0) return warning(lost.join('; '), AGAIN);
  return `${named(parts)}; whoever may write can set a status here, so who merges is what counts`;
}

/** Only `pawl registry init` knows who owns the rules: that another account may merge is shown, and is no fault. */
function sparingOwners(part: Part): Part {
  const wrong = part.what.split('; ');
  if (part.state !== 'differs' || !wrong.every((w) => /^merge_whitelist_(?:usernames|teams) is \[/.test(w)))
    return part;
  const others = wrong.map((w) => w.replace(/, should be .*$/, ''));
  return { ...part, state: 'ok', what: `as it should be, with owners: ${others.join(' and ')}`, calls: [] };
}

function lostGuarantees(
  { gatePlace }: GateAt,
  parts: readonly Part[],
  probed: ReturnType<typeof readProbed>,
): string[] {
  return [
    ...parts.filter((p) => p.state === 'unsupported').map((p) => `${p.name}: ${p.what}: ${p.without}`),
    ...(gatePlace !== 'workflow'
      ? []
      : [
          'a secret here is for the workflows of every branch: whoever may write can read the gate’s keys (registry.gate: watch)',
        ]),
    ...(probed === null ? ['nobody has tried yet what this server enforces: `pawl doctor --probe` does'] : []),
    ...(probed?.requiredStatus === false
      ? ['merges ignore the required status: only Pawl’s own checks keep main right']
      : []),
  ];
}
