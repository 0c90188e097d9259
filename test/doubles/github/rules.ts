import type { Git } from '../../../registry-repo/git.ts';
import { ownersMissing } from './code-owners.ts';
import { roleOf } from './identity.ts';
import { approvers } from './reviews.ts';
import type { Actor, BypassActor, Pull, Repo, Rule, Ruleset, Status } from './state.ts';
import type { World } from './world.ts';

export type AppliedRule = Rule & { readonly ruleset: Ruleset };

/** `*` stays inside a folder, `**` does not, as in `File.fnmatch`. */
const matches = (pattern: string, ref: string): boolean =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|\\]/g, '\\$&')
      .replace(/\*\*\/?|\*|\?/g, (m) => (m === '?' ? '[^/]' : m === '*' ? '[^/]*' : '.*'))}$`,
  ).test(ref);

function covers(ruleset: Ruleset, repo: Repo, ref: string): boolean {
  if (ruleset.enforcement !== 'active') return false;
  if (!ref.startsWith(ruleset.target === 'tag' ? 'refs/tags/' : 'refs/heads/')) return false;
  const named = (pattern: string) =>
    pattern === '~ALL' ||
    (pattern === '~DEFAULT_BRANCH' ? ref === `refs/heads/${repo.defaultBranch}` : matches(pattern, ref));
  const { include = [], exclude = [] } = ruleset.conditions.ref_name ?? {};
  return include.some(named) && !exclude.some(named);
}

const ROLES: Readonly<Record<number, string>> = { 2: 'write', 4: 'write', 5: 'admin' };

/**
 * Whether a ruleset lets this actor bypass it. `push`: without a pull request; some actors may bypass it only with one.
 */
function bypasses(world: World, repo: Repo, by: readonly BypassActor[], actor: Actor | null, push: boolean): boolean {
  if (!actor) return false;
  const role = actor.account && actor.kind !== 'installation' ? roleOf(world, actor.account, repo) : null;
  return by.some((b) => {
    if (push && b.bypass_mode === 'pull_request') return false;
    if (b.actor_type === 'Integration') return b.actor_id !== null && b.actor_id === actor.appId;
    if (b.actor_type === 'User') return b.actor_id === actor.account?.id;
    if (b.actor_type === 'OrganizationAdmin') return role === 'admin';
    const wanted = ROLES[b.actor_id ?? 0];
    return (
      b.actor_type === 'RepositoryRole' &&
      role !== null &&
      (role === wanted || (role === 'admin' && wanted === 'write'))
    );
  });
}

/** The rules of a branch or tag, whoever asks. @param ref full name */
export const rulesOf = (repo: Repo, ref: string): AppliedRule[] =>
  repo.rulesets.filter((s) => covers(s, repo, ref)).flatMap((ruleset) => ruleset.rules.map((r) => ({ ...r, ruleset })));

/** The same, without those that this actor may bypass; null is an unknown actor. */
export const rulesFor = (world: World, repo: Repo, ref: string, actor: Actor | null, push: boolean): AppliedRule[] =>
  rulesOf(repo, ref).filter((r) => !bypasses(world, repo, r.ruleset.bypass_actors, actor, push));

type Check = { readonly context: string; readonly integration_id?: number | null };

const sameContext = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

/** The latest status of each context of a commit, latest first. @param appId only those from this App's own token */
export function latestStatuses(repo: Repo, sha: string, appId?: number | null): Status[] {
  const latest: Status[] = [];
  for (const status of repo.statuses.filter((s) => s.sha === sha && (appId == null || s.appId === appId)).reverse())
    if (!latest.some((l) => sameContext(l.context, status.context))) latest.push(status);
  return latest;
}

/** The required statuses that are missing, in GitHub's words; null if none is. @param behind then no status counts */
function statusProblem(repo: Repo, sha: string, rule: Rule, behind: boolean): string | null {
  const checks = (rule.parameters?.required_status_checks ?? []) as readonly Check[];
  const states = checks.map(({ context, integration_id }) => {
    const status = latestStatuses(repo, sha, integration_id).find((s) => sameContext(s.context, context));
    return behind ? 'expected' : (status?.state ?? 'expected');
  });
  const open = states.filter((s) => s !== 'success');
  if (open.length === 0) return null;
  const [only] = checks;
  if (checks.length === 1 && only)
    return `Required status check "${only.context}" is ${open[0] === 'failure' || open[0] === 'error' ? 'failing' : open[0]}.`;
  if (open.every((s) => s === 'expected'))
    return `${open.length} of ${checks.length} required status checks are expected.`;
  return `${open.length} of ${checks.length} required status checks have not succeeded: ${open.filter((s) => s === 'expected').length} expected.`;
}

const isStrict = (rule: Rule) => rule.parameters?.strict_required_status_checks_policy === true;

const known = new Map<string, Promise<boolean>>();

/** Whether a head lacks something of its base. Two commits never change, so each pair is asked about once. */
export function isBehind(git: Git, head: string, base: string): Promise<boolean> {
  const pair = `${git.gitDir} ${base} ${head}`;
  const answer = known.get(pair) ?? git.isAncestor(base, head).then((is) => !is);
  known.set(pair, answer);
  return answer;
}

/**
 * Why a pull request may not be merged, in GitHub's sentences. A head that is behind, where it must not be, looks the
 * same as a missing status.
 */
export async function mergeProblems(
  world: World,
  repo: Repo,
  pull: Pull,
  actor: Actor | null,
  base: string,
): Promise<string[]> {
  const problems: string[] = [];
  const behind = await isBehind(repo.git, pull.head, base);
  for (const rule of rulesFor(world, repo, `refs/heads/${pull.baseRef}`, actor, false)) {
    const { type, parameters = {} } = rule;
    if (type === 'required_status_checks') {
      const problem = statusProblem(repo, pull.head, rule, behind && isStrict(rule));
      if (problem) problems.push(problem);
    }
    if (type === 'update') problems.push('Cannot update this protected ref.');
    if (type === 'pull_request') problems.push(...(await reviewProblems(world, repo, pull, parameters)));
  }
  return problems;
}

async function reviewProblems(
  world: World,
  repo: Repo,
  pull: Pull,
  parameters: Readonly<Record<string, unknown>>,
): Promise<string[]> {
  const problems: string[] = [];
  const wanted = Number(parameters.required_approving_review_count ?? 0);
  const { approved, rejected } = approvers(world, repo, pull);
  const counted = parameters.require_last_push_approval
    ? approved.filter((a) => a.id !== pull.lastPusher.id)
    : approved;
  if (rejected.length > 0 && wanted > 0) problems.push('Changes have been requested.');
  if (counted.length < wanted)
    problems.push(
      `At least ${wanted} approving review${wanted === 1 ? ' is' : 's are'} required by reviewers with write access.`,
    );
  if (parameters.require_code_owner_review) {
    const missing = await ownersMissing(world, repo, pull, approved);
    if (missing.length > 0) problems.push(`Waiting on code owner review from ${missing.join(' and/or ')}.`);
  }
  return problems;
}

/** Merge methods that the rules of the base allow. */
export function methodsLeft(world: World, repo: Repo, pull: Pull, actor: Actor): readonly string[] {
  const lists = rulesFor(world, repo, `refs/heads/${pull.baseRef}`, actor, false)
    .filter((r) => r.type === 'pull_request')
    .map((r) => r.parameters?.allowed_merge_methods as readonly string[] | undefined)
    .filter((l) => l !== undefined);
  return ['merge', 'squash', 'rebase'].filter((m) => lists.every((l) => l.includes(m)));
}

export const strictlyBehind = async (world: World, repo: Repo, pull: Pull, actor: Actor | null, base: string) =>
  rulesFor(world, repo, `refs/heads/${pull.baseRef}`, actor, false).some(
    (r) => r.type === 'required_status_checks' && isStrict(r),
  ) && (await isBehind(repo.git, pull.head, base));

/** Why a push may not move a ref, in GitHub's sentences. Both commits are in the repository by then. */
export async function pushProblems(
  world: World,
  repo: Repo,
  actor: Actor,
  move: { ref: string; from: string | null; to: string | null },
): Promise<string[]> {
  const { ref, from, to } = move;
  const problems: string[] = [];
  const add = (problem: string | null) => problem && problems.push(problem);
  for (const rule of rulesFor(world, repo, ref, actor, true)) {
    if (to === null) add(rule.type === 'deletion' ? 'Cannot delete this branch' : null);
    else if (from === null) {
      if (rule.type === 'creation') add('Cannot create ref due to creations being restricted.');
      if (rule.type === 'required_status_checks' && rule.parameters?.do_not_enforce_on_create !== true)
        add(statusProblem(repo, to, rule, false));
    } else {
      if (rule.type === 'update') add('Cannot update this protected ref.');
      if (rule.type === 'non_fast_forward' && !(await repo.git.isAncestor(from, to)))
        add('Cannot force-push to this branch');
      if (rule.type === 'required_status_checks') add(statusProblem(repo, to, rule, false));
      if (rule.type === 'pull_request') add(await withoutPull(world, repo, actor, { ref, from, to }));
    }
  }
  return problems;
}

/** A push may put on main exactly what a pull request would: its head, on top of the base, with everything it needs. */
async function withoutPull(
  world: World,
  repo: Repo,
  actor: Actor,
  { ref, from, to }: { ref: string; from: string; to: string },
): Promise<string | null> {
  const pull = repo.pulls.find((p) => p.state === 'open' && p.head === to && `refs/heads/${p.baseRef}` === ref);
  const lands = pull && !pull.draft && (await repo.git.isAncestor(from, to));
  if (lands && (await mergeProblems(world, repo, pull, actor, from)).length === 0) return null;
  return 'Changes must be made through a pull request.';
}
