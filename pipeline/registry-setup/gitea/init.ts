import { ForgeError } from '../../forge/errors.ts';
import { AnyAnswer } from '../../forge/gitea/answers.ts';
import type { GiteaConnection } from '../../forge/gitea/open.ts';
import { logBranchBesideMain } from '../../forge/log-repository.ts';
import type { Places } from '../../world.ts';
import { firstCommit, type GateAt, type Initialised, type InitOptions, keepProbed } from '../github/init.ts';
import { recordInitialized, type SetupWorld } from '../setup.ts';
import { planRepository } from './plan.ts';
import { probe } from './probe.ts';
import { accountOf, applyParts, creation, findRepository, planNew, untilFilled } from './setup.ts';
import { ownersOf, type Wanted } from './wanted.ts';

/** How a registry with these settings should be set up. @param options owners of its rules */
export async function wantedOf(
  world: Places,
  gitea: GiteaConnection,
  options: Pick<InitOptions, 'owners' | 'visibility'>,
): Promise<Wanted> {
  const { config } = world;
  const { owner, repo, api } = gitea.place;
  const gate = config.registry.gateAccount ?? (await accountOf(api));
  const approvals = config.policy.merge === 'after-approval' ? 1 : 0;
  const log = logBranchBesideMain(world);
  return { owner, repo, gate, approvals, log, visibility: options.visibility, ...ownersOf(options.owners) };
}

/**
 * Makes or takes over a registry on Gitea or Forgejo: repository, first commit, settings, protection. Then it checks
 * that they hold. Repeating it changes only what is not as it should be.
 *
 * @throws {RegistryExistsError} if the repository has commits, and no registry @throws {ForgeError}
 */
export async function initGitea(
  world: SetupWorld & { gitea(): GiteaConnection } & GateAt,
  options: InitOptions,
): Promise<Initialised> {
  const gitea = world.gitea();
  const { place, web, mirror } = gitea;
  const wanted = await wantedOf(world, gitea, options);
  const there = await findRepository(place);
  if (options.dryRun) return dryRun(gitea, wanted, there !== null);
  const made = there ? [] : [await creation(place, wanted)];
  for (const { route, params } of made) {
    await place.api.send(route, params, AnyAnswer);
    options.say(`made ${web}`);
  }
  const found = there ?? (await findRepository(place));
  if (!found) throw new ForgeError('refused', `${web} was to be made, and is not there`);
  if (found.default_branch !== 'main')
    throw new ForgeError('refused', `${web} has the default branch ${found.default_branch}: make it main first`);
  const commit = await firstCommit(world, gitea, options);
  await untilFilled(place);
  await recordInitialized(world, mirror.git, web);
  const { parts, calls } = await applyParts(place.api, wanted);
  const enforced = await probe(gitea, { tip: commit, name: world.newId(), time: world.clock() });
  await keepProbed(gitea, enforced);
  return { url: web, created: there === null, commit, calls: [...made, ...calls], parts, enforced };
}

async function dryRun({ place, web }: GiteaConnection, wanted: Wanted, there: boolean): Promise<Initialised> {
  const nothing = { url: web, created: false, commit: null, enforced: null };
  if (!there) {
    const calls = [await creation(place, wanted), ...planNew(wanted, await accountOf(place.api))];
    return { ...nothing, calls, parts: [] };
  }
  const parts = await planRepository(place.api, wanted);
  return { ...nothing, calls: parts.flatMap((p) => p.calls), parts };
}
