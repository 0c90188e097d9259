import * as z from 'zod';
import { ForgeError } from '../../forge/errors.ts';
import type { GitHubConnection } from '../../forge/github/open.github.ts';
import type { Api } from '../../forge/rest/api.ts';
import { ApiError, hasStatus } from '../../forge/rest/failures.ts';
import type { Part, PlannedCall } from '../part.ts';
import { planRepository } from './plan.ts';
import { probe } from './probe.ts';
import { repositorySettings, type Wanted } from './wanted.ts';

export type SetUp = {
  readonly created: boolean;
  readonly parts: readonly Part[];
  readonly calls: readonly PlannedCall[];
};

/** Every request of a set-up, in order; sent, or only listed. */
export type Send = (call: PlannedCall) => Promise<void>;

const Repository = z.looseObject({ default_branch: z.string() });
const Account = z.looseObject({ type: z.string() });
const Anything = z.unknown();

export const sender =
  (api: Api): Send =>
  async ({ route, params }) => {
    await api.send(route, params, Anything);
  };

/** @returns null if there is no such repository, or none that this account may see */
export async function findRepository({ api, owner, repo }: GitHubConnection['place']) {
  try {
    return await api.get('GET /repos/{owner}/{repo}', { owner, repo }, Repository);
  } catch (error) {
    if (hasStatus(error, 404)) return null;
    throw error;
  }
}

/** The request that makes the repository: in an organisation, or for the account itself. */
export async function creation({ api }: GitHubConnection['place'], wanted: Wanted): Promise<PlannedCall> {
  const { owner, repo: name, visibility } = wanted;
  const body = { name, private: visibility === 'private', auto_init: false, ...repositorySettings };
  const { type } = await api.get('GET /users/{username}', { username: owner }, Account);
  return type === 'Organization'
    ? { route: 'POST /orgs/{org}/repos', params: { org: owner, ...body } }
    : { route: 'POST /user/repos', params: body };
}

const privateHasNone = new ApiError('refused', {
  ...{ status: 422, said: 'not for private repositories', message: 'not for private repositories' },
});

/** The requests for a repository that does not exist yet. */
export async function planNew(api: Api, wanted: Wanted): Promise<PlannedCall[]> {
  const nothing: Api = {
    url: api.url,
    get: (route, _, answer) =>
      wanted.visibility === 'private' && /fork-pr/.test(route)
        ? Promise.reject(privateHasNone)
        : Promise.resolve(answer.parse({})),
    list: () => Promise.resolve([]),
    send: () => Promise.reject(new ForgeError('refused', 'a plan sends nothing')),
  };
  return (await planRepository(nothing, wanted)).flatMap((part) => part.calls);
}

/**
 * Corrects what differs, and reads it all back: a server's answer is no proof.
 *
 * @throws {ForgeError} if something could not be set
 */
export async function applyParts(api: Api, wanted: Wanted, send: Send): Promise<SetUp> {
  const sent: PlannedCall[] = [];
  const refused = new Map<string, string>();
  for (const part of await planRepository(api, wanted))
    for (const call of part.calls) {
      try {
        await send(call);
        sent.push(call);
      } catch (error) {
        if (!hasStatus(error, 403, 404, 409, 422) || error.reason !== 'refused') throw error;
        refused.set(part.name, error.said); // the other settings are made all the same
      }
    }
  const parts = (await planRepository(api, wanted)).map((part) => {
    const said = refused.get(part.name);
    return said === undefined || part.state === 'ok' ? part : { ...part, what: `${part.what}: refused (${said})` };
  });
  return { created: false, parts, calls: sent };
}

/** @throws {ForgeError} if the server cannot give, or does not show, what nobody has accepted to go without */
export function requireAccepted(parts: readonly Part[], accepted: readonly string[]): void {
  const lost = parts.filter((p) => p.state === 'unsupported' || p.state === 'hidden');
  const open = lost.filter((p) => !accepted.includes(p.name));
  if (open.length === 0) return;
  const lines = open.map((p) => `- ${p.name}: ${p.what}. Without it: ${p.without}`);
  const names = lost.map((p) => p.name).join(',');
  throw new ForgeError(
    'refused',
    `nothing was pushed: this repository cannot have all that keeps main right\n${lines.join('\n')}\nmake it public, take a plan or a token that has this, or accept it: --accept-without "${names}"`,
  );
}

/** Tries on separate branches what the server enforces. @param name that no other probe uses */
export async function probeServer(
  { place, mirror }: GitHubConnection,
  wanted: Wanted,
  { tip, name, time }: { tip: string; name: string; time: Date },
) {
  const { git } = mirror;
  const { tree } = await git.commit(tip);
  const note = await git.writeTree(tree, new Map([['probe.txt', await git.writeBlob(`${name}\n`)]]));
  const by = { name: 'Pawl', email: 'pawl@localhost' };
  const message = 'Looks what this server enforces\n';
  const head = await git.writeCommit({ tree: note, parents: [tip], message, by, time });
  const at = async (branch: string) =>
    (await mirror.remoteRefs(`refs/heads/${branch}`)).get(`refs/heads/${branch}`) ?? null;
  const push = async (branch: string, commit: string | null) =>
    mirror.push({ ref: `refs/heads/${branch}`, to: commit, from: await at(branch) });
  return probe(place.api, wanted, { base: tip, head, name, push, branch: at });
}
