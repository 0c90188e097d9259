import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import type { Api } from '../../forge/rest/api.ts';
import { ApiError, hasStatus } from '../../forge/rest/failures.ts';
import { GATE_CONTEXT } from '../../promotion/merge.ts';
import type { Wanted } from './wanted.ts';

/** What a server was found to enforce; null if it could not be tried. */
export type Enforced = {
  /** A merge that names another head than the pull request's is refused. */
  readonly headPrecondition: boolean | null;
  /** A merge without a required status is refused. */
  readonly requiredStatus: boolean | null;
};

/** Branches and commits for the probe: separate from main. */
export type ProbeGround = {
  /** Two commits, the second on top of the first. */
  readonly base: string;
  readonly head: string;
  push(branch: string, commit: string | null): Promise<void>;
  branch(branch: string): Promise<string | null>;
  /** A name that no other probe uses. */
  readonly name: string;
};

const Number_ = z.looseObject({ number: z.int().min(1) });
const Id = z.looseObject({ id: z.int().min(0) });
const Anything = z.unknown();

/**
 * Tries on branches of its own what a server enforces, and removes the branches again. Only effects prove anything,
 * status codes do not. Main is never touched.
 */
export async function probe(api: Api, wanted: Wanted, ground: ProbeGround): Promise<Enforced> {
  const { owner, repo } = wanted;
  const [into, from] = [`pawl-probe/${ground.name}-base`, `pawl-probe/${ground.name}-head`];
  let rules: number | null = null;
  let number: number | null = null;
  try {
    await ground.push(into, ground.base);
    await ground.push(from, ground.head);
    const opened = { title: 'Pawl looks what this server enforces', head: from, base: into, body: 'Closed by itself.' };
    number = (await api.send('POST /repos/{owner}/{repo}/pulls', { owner, repo, ...opened }, Number_)).number;
    const wrongHead = await merges(api, { owner, repo, number, sha: ground.base }, ground, into);
    const headPrecondition = !wrongHead;
    if (wrongHead) return { headPrecondition, requiredStatus: null };
    rules = await addRules(api, wanted, into);
    if (rules === null) return { headPrecondition, requiredStatus: null };
    return {
      headPrecondition,
      requiredStatus: !(await merges(api, { owner, repo, number, sha: ground.head }, ground, into)),
    };
  } finally {
    if (number !== null)
      await attempt(
        api.send(
          'PATCH /repos/{owner}/{repo}/pulls/{pull_number}',
          { owner, repo, pull_number: number, state: 'closed' },
          Anything,
        ),
      );
    if (rules !== null)
      await attempt(
        api.send('DELETE /repos/{owner}/{repo}/rulesets/{ruleset_id}', { owner, repo, ruleset_id: rules }, Anything),
      );
    await attempt(ground.push(from, null));
    await attempt(ground.push(into, null));
  }
}

/** A failure to clean up must not hide what was found. */
const attempt = (work: Promise<unknown>): Promise<unknown> => work.catch(() => undefined);

/** Asks for a merge, and checks whether there is one: some servers answer 200 without merging. */
async function merges(
  api: Api,
  { number, ...request }: { owner: string; repo: string; number: number; sha: string },
  ground: ProbeGround,
  into: string,
): Promise<boolean> {
  const params = { ...request, pull_number: number, merge_method: 'squash' };
  for (let tries = 1; ; tries++) {
    try {
      await api.send('PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge', params, Anything);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status === null || error.status >= 500) throw error;
      // Right after opening, servers do not know yet whether a pull request can be merged.
      if (error.status === 405 && /try (?:the merge )?again/i.test(error.said) && tries < 4) {
        await sleep(500 * tries);
        continue;
      }
    }
    return (await ground.branch(into)) !== ground.base;
  }
}

async function addRules(api: Api, { owner, repo, gateApp }: Wanted, branch: string): Promise<number | null> {
  const check = { context: GATE_CONTEXT, ...(gateApp === null ? {} : { integration_id: gateApp }) };
  const body = {
    name: `pawl: probe ${branch}`,
    target: 'branch',
    enforcement: 'active',
    conditions: { ref_name: { include: [`refs/heads/${branch}`], exclude: [] } },
    rules: [
      {
        type: 'required_status_checks',
        parameters: { strict_required_status_checks_policy: false, required_status_checks: [check] },
      },
    ],
  };
  try {
    return (await api.send('POST /repos/{owner}/{repo}/rulesets', { owner, repo, ...body }, Id)).id;
  } catch (error) {
    if (hasStatus(error, 403, 404, 405, 501)) return null;
    throw error;
  }
}
