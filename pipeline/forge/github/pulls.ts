import type { Git } from '../../../registry-repo/git.ts';
import { parseMergeMessage } from '../../../registry-repo/merge-message.ts';
import type { ObjectId } from '../../../registry-repo/values.ts';
import type { PullRequest } from '../forge.ts';
import { hasStatus } from '../rest/failures.ts';
import { here, type Place } from '../rest/place.ts';
import { AnyAnswer, PullAnswer } from './answers.ts';

const PULL = '/repos/{owner}/{repo}/pulls/{pull_number}';

export const getPull = (place: Place, number: number): Promise<PullAnswer> =>
  place.api.get(`GET ${PULL}`, { ...here(place), pull_number: number }, PullAnswer);

/** @param state GitHub's: merged ones are closed @param branch in the registry itself, never in a fork */
export async function listPulls(
  place: Place,
  state: 'open' | 'closed' | 'all',
  branch?: string,
): Promise<PullAnswer[]> {
  const filter = branch === undefined ? {} : { head: `${place.owner}:${branch}` };
  const route = 'GET /repos/{owner}/{repo}/pulls';
  const found = await place.api.list(route, { ...here(place), state, base: 'main', ...filter }, PullAnswer);
  // Some servers ignore filters.
  return found.filter(
    (p) =>
      p.base.ref === 'main' &&
      (state === 'all' || p.state === state) &&
      (branch === undefined || (p.head.ref === branch && !isFork(p))),
  );
}

export const isFork = ({ head, base }: PullAnswer): boolean => head.repo?.id !== base.repo.id;

export const isMerged = (pull: PullAnswer): boolean => typeof pull.merged_at === 'string';

/** Title and body are sent together: some servers empty the one that is left out. */
export async function editPull(
  place: Place,
  number: number,
  change: { title?: string; body?: string; state?: 'closed' },
): Promise<PullAnswer> {
  const now = await getPull(place, number);
  const { title = now.title, body = now.body ?? '', ...rest } = change;
  if (title !== now.title || body !== (now.body ?? '') || rest.state !== undefined)
    return place.api.send(`PATCH ${PULL}`, { ...here(place), pull_number: number, title, body, ...rest }, PullAnswer);
  return now;
}

const labelsOf = ({ labels }: PullAnswer): string[] => labels.flatMap((l) => (l.name ? [l.name] : []));

/** Sets the labels; missing labels are made. */
export async function setLabels(place: Place, number: number, labels: readonly string[]): Promise<void> {
  const [wanted, now] = [new Set(labels), new Set(labelsOf(await getPull(place, number)))];
  if (wanted.size === now.size && [...wanted].every((name) => now.has(name))) return;
  for (const name of wanted) if (!now.has(name)) await makeLabel(place, name);
  const route = '/repos/{owner}/{repo}/issues/{issue_number}/labels';
  const params = { ...here(place), issue_number: number };
  if (wanted.size === 0)
    await place.api.send(`DELETE ${route}`, params, AnyAnswer); // GitHub's API description requires at least one in a PUT
  else await place.api.send(`PUT ${route}`, { ...params, labels: [...wanted] }, AnyAnswer);
}

async function makeLabel(place: Place, name: string): Promise<void> {
  try {
    await place.api.get('GET /repos/{owner}/{repo}/labels/{name}', { ...here(place), name }, AnyAnswer);
  } catch (error) {
    if (!hasStatus(error, 404)) throw error;
    await place.api
      .send('POST /repos/{owner}/{repo}/labels', { ...here(place), name, color: 'ededed' }, AnyAnswer)
      .catch((failed) => (hasStatus(failed, 422) ? undefined : Promise.reject(failed))); // another process was faster
  }
}

/** An answer in the port's form. @param mergeCommit as far as it is known */
export function shownPull(answer: PullAnswer, mergeCommit: ObjectId | null): PullRequest {
  const merged = isMerged(answer) || mergeCommit !== null;
  return {
    number: answer.number,
    url: answer.html_url,
    title: answer.title,
    body: answer.body ?? '',
    branch: answer.head.ref,
    head: answer.head.sha,
    state: merged ? 'merged' : answer.state,
    labels: labelsOf(answer),
    mergeCommit,
    fork: isFork(answer),
  };
}

/** How many commits of main are searched for a merge that a server does not name. */
const SEARCHED = 1000;

/** The commit of main whose message says that it merged a pull request. @param tip of main */
export async function mergeOnMain(git: Git, tip: ObjectId, number: number): Promise<ObjectId | null> {
  for (const commit of await git.firstParents(tip, { max: SEARCHED }))
    if (pullRequestOf(commit.message) === number) return commit.oid;
  return null;
}

function pullRequestOf(message: string): number | null {
  try {
    return parseMergeMessage(message).pullRequest;
  } catch {
    const line = /^Pull-Request: (\d{1,9})$/m.exec(message.trimEnd().split(/\n\n+/).at(-1) ?? '');
    return line ? Number(line[1]) : null;
  }
}
