import type { ObjectId } from '../../../registry-repo/values.ts';
import { ForgeError } from '../errors.ts';
import type { PullRequest } from '../forge.ts';
import { hasStatus } from '../rest/failures.ts';
import { here, type Place, pause } from '../rest/place.ts';
import { AnyAnswer, LabelAnswer, PullAnswer } from './answers.ts';

const PULL = '/repos/{owner}/{repo}/pulls/{index}';

export const getPull = (place: Place, number: number): Promise<PullAnswer> =>
  place.api.get(`GET ${PULL}`, { ...here(place), index: number }, PullAnswer);

/** Pull requests of a branch; no server filters by branch. @param branch in the registry itself, never in a fork */
export async function listPulls(
  place: Place,
  state: 'open' | 'closed' | 'all',
  branch?: string,
): Promise<PullAnswer[]> {
  const found = await place.api.list('GET /repos/{owner}/{repo}/pulls', { ...here(place), state }, PullAnswer);
  const seen = new Map(found.map((p) => [p.number, p])); // entries may move to another page between two reads
  return [...seen.values()].filter(
    (p) =>
      p.base.ref === 'main' &&
      (state === 'all' || p.state === state) &&
      (branch === undefined || (p.head.ref === branch && !isFork(p))),
  );
}

export const isFork = ({ head, base }: PullAnswer): boolean => head.repo.id !== base.repo.id;

export async function editPull(
  place: Place,
  number: number,
  change: { title?: string; body?: string; state?: 'closed' },
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const now = await getPull(place, number);
    const { title = now.title, body = now.body ?? '', state = now.state } = change;
    if (title === now.title && body === (now.body ?? '') && state === now.state) return;
    const sent = { title, body, ...(state === now.state ? {} : { state }) };
    try {
      await place.api.send(`PATCH ${PULL}`, { ...here(place), index: number, ...sent }, AnyAnswer);
      return;
    } catch (error) {
      if (!hasStatus(error, 409) || attempt === 4) throw error; // another process or person changed it since it was read
      await pause(place, attempt);
    }
  }
}

/** Sets the labels, by id; missing labels are made. */
export async function setLabels(place: Place, number: number, labels: readonly string[]): Promise<void> {
  const wanted = new Set(labels);
  const now = (await getPull(place, number)).labels;
  if (wanted.size === now.length && now.every((l) => wanted.has(l.name))) return;
  const ids = await labelIds(place, wanted);
  const route = 'PUT /repos/{owner}/{repo}/issues/{index}/labels';
  await place.api.send(route, { ...here(place), index: number, labels: ids }, AnyAnswer);
}

/** Two labels may have one name: the older one is used. */
async function labelIds(place: Place, wanted: ReadonlySet<string>): Promise<number[]> {
  const route = '/repos/{owner}/{repo}/labels';
  const read = async () => {
    const found = await place.api.list(`GET ${route}`, here(place), LabelAnswer);
    return new Map(found.sort((a, b) => b.id - a.id).map((l) => [l.name, l.id]));
  };
  const known = await read();
  const missing = [...wanted].filter((name) => !known.has(name));
  for (const name of missing)
    await place.api.send(`POST ${route}`, { ...here(place), name, color: '#ededed' }, AnyAnswer);
  const all = missing.length > 0 ? await read() : known; // another process may have made it too
  return [...wanted].map((name) => {
    const id = all.get(name);
    if (id === undefined) throw new ForgeError('refused', `the forge made a label ${name}, and does not show it`);
    return id;
  });
}

/** Opens a pull request, or finds the one that another process opened. */
export async function openPull(
  place: Place,
  request: { head: string; title: string; body: string },
): Promise<PullAnswer | null> {
  const params = { ...here(place), ...request, base: 'main' };
  try {
    return await place.api.send('POST /repos/{owner}/{repo}/pulls', params, PullAnswer);
  } catch (error) {
    if (hasStatus(error, 409)) return null;
    throw error;
  }
}

/** The commit of a pull request. @throws {ForgeError} if its branch and its commits are gone */
export function headOf({ number, head }: PullAnswer): ObjectId {
  if (head.sha !== '') return head.sha;
  throw new ForgeError('refused', `pull request ${number} has lost its branch: the forge shows no commit of it`);
}

/** An answer in the port's form. @param mergeCommit as far as it is known */
export const shownPull = (answer: PullAnswer, mergeCommit: ObjectId | null): PullRequest => ({
  number: answer.number,
  url: answer.html_url,
  title: answer.title,
  body: answer.body ?? '',
  branch: answer.head.ref,
  head: headOf(answer),
  state: answer.merged || mergeCommit !== null ? 'merged' : answer.state,
  labels: answer.labels.map((l) => l.name),
  mergeCommit,
  fork: isFork(answer),
});
