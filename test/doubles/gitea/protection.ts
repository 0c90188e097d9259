import { latestStatuses } from '../github/rules.ts';
import type { Account, Pull, Repo } from '../github/state.ts';

/** A branch's protection, by the names of `modules/structs/repo_branch.go`; only what the double knows is kept. */
export type Protection = Record<string, unknown> & { rule_name: string; priority: number };

const DEFAULTS = {
  enable_push: false,
  enable_push_whitelist: false,
  push_whitelist_usernames: [],
  push_whitelist_teams: [],
  push_whitelist_deploy_keys: false,
  enable_force_push: false,
  enable_merge_whitelist: false,
  merge_whitelist_usernames: [],
  merge_whitelist_teams: [],
  enable_status_check: false,
  status_check_contexts: [],
  required_approvals: 0,
  dismiss_stale_approvals: false,
  block_on_rejected_reviews: false,
  block_on_outdated_branch: false,
  block_admin_merge_override: false,
};

const rules = new WeakMap<Repo, Protection[]>();

/** The branch protections of a repository; the list may be changed. */
export function protectionsOf(repo: Repo): Protection[] {
  const known = rules.get(repo) ?? [];
  rules.set(repo, known);
  return known;
}

export function addProtection(repo: Repo, body: Record<string, unknown>): Protection {
  const all = protectionsOf(repo);
  const added = { ...DEFAULTS, ...body, rule_name: String(body.rule_name), priority: all.length + 1 };
  all.push(added);
  return added;
}

const ruleOf = (repo: Repo, branch: string): Protection | undefined =>
  protectionsOf(repo).find((r) => r.rule_name === branch);

const listed = (list: unknown, { login }: Account): boolean =>
  (list as string[]).some((name) => name.toLowerCase() === login.toLowerCase());

/** Why a push of a branch is refused, in Gitea's words, or null. @param forced history is rewritten */
export function pushRefusal(
  repo: Repo,
  account: Account | null,
  { branch, deletes, forced }: { branch: string; deletes: boolean; forced: boolean },
): string | null {
  const rule = ruleOf(repo, branch);
  if (deletes && branch === repo.defaultBranch) return `branch ${branch} is the default branch and cannot be deleted`;
  if (!rule) return null;
  if (deletes) return `branch ${branch} is protected from deletion`;
  if (forced && rule.enable_force_push !== true) return `branch ${branch} is protected from force push`;
  const may =
    rule.enable_push === true &&
    (rule.enable_push_whitelist !== true || (account !== null && listed(rule.push_whitelist_usernames, account)));
  return may ? null : `Not allowed to push to protected branch ${branch}`;
}

/** Whether an account that may write may merge into a branch. */
export function mayMerge(repo: Repo, account: Account, branch: string): boolean {
  const rule = ruleOf(repo, branch);
  return rule?.enable_merge_whitelist !== true || listed(rule.merge_whitelist_usernames, account);
}

/** What a merge still lacks, in Gitea's words, or null. */
export function mergeProblem(repo: Repo, pull: Pull, behind: boolean): string | null {
  const rule = ruleOf(repo, pull.baseRef);
  if (!rule) return null;
  const states = latestStatuses(repo, pull.head);
  const wanted = rule.enable_status_check === true ? (rule.status_check_contexts as string[]) : [];
  if (wanted.some((context) => !states.some((s) => s.context === context && s.state === 'success')))
    return 'Not all required status checks successful';
  const approvals = new Set(pull.reviews.filter((r) => r.state === 'APPROVED').map((r) => r.user.id)).size;
  if (approvals < Number(rule.required_approvals)) return 'Does not have enough approvals';
  return behind && rule.block_on_outdated_branch === true ? 'The head branch is behind the base branch' : null;
}
