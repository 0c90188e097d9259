import { setTimeout as sleep } from 'node:timers/promises';
import { ForgeError } from '../../forge/errors.ts';
import { AccountAnswer, AnyAnswer, RepositoryAnswer } from '../../forge/gitea/answers.ts';
import type { GiteaConnection } from '../../forge/gitea/open.ts';
import type { Api } from '../../forge/rest/api.ts';
import { hasStatus } from '../../forge/rest/failures.ts';
import type { Part, PlannedCall } from '../part.ts';
import { planRepository } from './plan.ts';
import { logProtection, protection, repositorySettings, type Wanted } from './wanted.ts';

/** How often to look at a repository that was pushed to a moment ago, and the pause. */
const LOOKS = 40;
const LOOK_MS = 250;

/** The account that a token acts as, by its login. */
export const accountOf = async (api: Api): Promise<string> => (await api.get('GET /user', {}, AccountAnswer)).login;

/** @returns null if there is no such repository, or none that this account may see */
export async function findRepository({ api, owner, repo }: GiteaConnection['place']) {
  try {
    return await api.get('GET /repos/{owner}/{repo}', { owner, repo }, RepositoryAnswer);
  } catch (error) {
    if (hasStatus(error, 404)) return null;
    throw error;
  }
}

/** The request that makes the repository: for the account itself, or in an organisation. */
export async function creation({ api }: GiteaConnection['place'], wanted: Wanted): Promise<PlannedCall> {
  const { owner, repo: name, visibility } = wanted;
  const body = { name, private: visibility === 'private', auto_init: false, default_branch: 'main' };
  return (await accountOf(api)).toLowerCase() === owner.toLowerCase()
    ? { route: 'POST /user/repos', params: body }
    : { route: 'POST /orgs/{org}/repos', params: { org: owner, ...body } };
}

/** The requests for a repository that does not exist yet. */
export function planNew(wanted: Wanted, account: string): PlannedCall[] {
  const { owner, repo, gate, log } = wanted;
  const here = { owner, repo };
  const collaborator = {
    route: 'PUT /repos/{owner}/{repo}/collaborators/{collaborator}',
    params: { ...here, collaborator: gate, permission: 'write' },
  };
  return [
    { route: 'PATCH /repos/{owner}/{repo}', params: { ...here, ...repositorySettings } },
    ...([owner, account].includes(gate) ? [] : [collaborator]),
    { route: 'POST /repos/{owner}/{repo}/branch_protections', params: { ...here, ...protection(wanted) } },
    ...(log === null
      ? []
      : [{ route: 'POST /repos/{owner}/{repo}/branch_protections', params: { ...here, ...logProtection(log) } }]),
  ];
}

/**
 * Corrects what differs, and reads it all back: a server's answer is no proof.
 *
 * @throws {ForgeError} if something could not be set
 */
export async function applyParts(
  api: Api,
  wanted: Wanted,
): Promise<{ readonly parts: readonly Part[]; readonly calls: readonly PlannedCall[] }> {
  const sent: PlannedCall[] = [];
  for (const part of await planRepository(api, wanted))
    for (const call of part.calls) {
      await api.send(call.route, call.params, AnyAnswer);
      sent.push(call);
    }
  return { parts: await planRepository(api, wanted), calls: sent };
}

/** The API sees a first push a little later; until then a repository has no pull requests. @throws {ForgeError} */
export async function untilFilled(place: GiteaConnection['place']): Promise<void> {
  for (let look = 1; look <= LOOKS; look++) {
    if ((await findRepository(place))?.empty === false) return;
    await sleep(LOOK_MS);
  }
  throw new ForgeError('unreachable', 'the forge does not show what was pushed: run `pawl registry init` again');
}
