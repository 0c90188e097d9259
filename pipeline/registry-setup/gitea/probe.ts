import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import type { GiteaConnection } from '../../forge/gitea/open.ts';
import { ApiError } from '../../forge/rest/failures.ts';
import { GATE_CONTEXT } from '../../promotion/merge.ts';
import type { Enforced } from '../github/probe.ts';

const Number_ = z.looseObject({ number: z.int().min(1) });
const Anything = z.unknown();
/** How often a merge is tried while the server has not computed whether it can merge, and the first pause. */
const TRIES = 6;
const PAUSE_MS = 250;

const REPOSITORY = '/repos/{owner}/{repo}';

/**
 * Tries on branches of its own what a server enforces, and removes the branches again. Only effects prove anything,
 * answers do not. Main is never touched.
 *
 * @param of a commit to try things on top of, and a name that no other probe uses
 */
export async function probe(
  { place, mirror }: GiteaConnection,
  { tip, name, time }: { readonly tip: string; readonly name: string; readonly time: Date },
): Promise<Enforced> {
  const { api, owner, repo } = place;
  const [into, from] = [`pawl-probe/${name}-base`, `pawl-probe/${name}-head`];
  const at = async (branch: string) =>
    (await mirror.remoteRefs(`refs/heads/${branch}`)).get(`refs/heads/${branch}`) ?? null;
  const push = async (branch: string, commit: string | null) =>
    mirror.push({ ref: `refs/heads/${branch}`, to: commit, from: await at(branch) });
  let [ruled, number]: [boolean, number | null] = [false, null];
  const merges = (head: string) =>
    merged({ place, number: number as number, head }, async () => (await at(into)) !== tip);
  try {
    const head = await noteOn(mirror.git, { tip, name, time });
    await push(into, tip);
    await push(from, head);
    const opened = { title: 'Pawl looks what this server enforces', head: from, base: into, body: 'Closed by itself.' };
    number = (await opening(api.send.bind(api), { owner, repo, ...opened })).number;
    const headPrecondition = !(await merges(tip));
    if (!headPrecondition) return { headPrecondition, requiredStatus: null };
    const rule = { rule_name: into, enable_status_check: true, status_check_contexts: [GATE_CONTEXT] };
    await api.send(`POST ${REPOSITORY}/branch_protections`, { owner, repo, ...rule }, Anything);
    ruled = true;
    return { headPrecondition, requiredStatus: !(await merges(head)) };
  } finally {
    if (number !== null)
      await attempt(
        api.send(`PATCH ${REPOSITORY}/pulls/{index}`, { owner, repo, index: number, state: 'closed' }, Anything),
      );
    if (ruled)
      await attempt(api.send(`DELETE ${REPOSITORY}/branch_protections/{name}`, { owner, repo, name: into }, Anything));
    await attempt(push(from, null));
    await attempt(push(into, null));
  }
}

/** A failure to clean up must not hide what was found. */
const attempt = (work: Promise<unknown>): Promise<unknown> => work.catch(() => undefined);

async function noteOn(
  git: GiteaConnection['mirror']['git'],
  { tip, name, time }: { tip: string; name: string; time: Date },
): Promise<string> {
  const tree = await git.writeTree(tip, new Map([['probe.txt', await git.writeBlob(`${name}\n`)]]));
  const by = { name: 'Pawl', email: 'pawl@localhost' };
  return git.writeCommit({ tree, parents: [tip], message: 'Looks what this server enforces\n', by, time });
}

/** The API may not know a branch yet that was pushed a moment ago. */
async function opening(
  send: GiteaConnection['place']['api']['send'],
  params: Readonly<Record<string, unknown>>,
): Promise<{ number: number }> {
  for (let tries = 1; ; tries++) {
    try {
      return await send(`POST ${REPOSITORY}/pulls`, params, Number_);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404 || tries === TRIES) throw error;
      await sleep(PAUSE_MS * tries);
    }
  }
}

/** Asks for a merge, and checks whether there is one. */
async function merged(
  { place, number, head }: { place: GiteaConnection['place']; number: number; head: string },
  landed: () => Promise<boolean>,
): Promise<boolean> {
  const { api, owner, repo } = place;
  const params = { owner, repo, index: number, Do: 'squash', head_commit_id: head };
  for (let tries = 1; ; tries++) {
    try {
      await api.send(`POST ${REPOSITORY}/pulls/{index}/merge`, params, Anything);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status === null || error.status >= 500) throw error;
      if (/try again/i.test(error.said) && tries < TRIES) {
        await sleep(PAUSE_MS * tries);
        continue;
      }
    }
    return landed();
  }
}
