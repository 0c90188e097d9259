import { ConfigError } from '../../config/config-error.ts';
import { GATE_CONTEXT } from '../../promotion/merge.ts';

/** How a registry on Gitea or Forgejo should be set up. */
export type Wanted = {
  readonly owner: string;
  readonly repo: string;
  readonly visibility: 'private' | 'public';
  /** The account that the gate acts as, by its login. */
  readonly gate: string;
  /** Approving reviews that a merge by hand needs; 0 if a pass merges at once. */
  readonly approvals: number;
  /** Other accounts that may merge, by hand and with the gate's success: those who own the rules. */
  readonly users: readonly string[];
  readonly teams: readonly string[];
  /** The branch that holds the log, if it is in this repository. */
  readonly log: string | null;
};

/**
 * A merge by hand makes one squashed commit. Pawl's own merges are reported to the forge afterwards, by their commit.
 */
export const repositorySettings = {
  has_pull_requests: true,
  allow_squash_merge: true,
  allow_merge_commits: false,
  allow_rebase: false,
  allow_rebase_explicit: false,
  allow_fast_forward_only_merge: false,
  allow_manual_merge: true,
  autodetect_manual_merge: false,
  default_merge_style: 'squash',
  default_delete_branch_after_merge: false,
} as const;

export const RULE = 'main';

/**
 * Only the gate's account may push to main. Others reach main through a pull request that is on top of it and has the
 * gate's success, merged by the gate or an owner of the rules. That holds for administrators, too. The body of
 * `CreateBranchProtectionOption`.
 */
export const protection = ({ gate, approvals, users, teams }: Wanted) => ({
  rule_name: RULE,
  enable_push: true,
  enable_push_whitelist: true,
  push_whitelist_usernames: [gate],
  push_whitelist_teams: [],
  push_whitelist_deploy_keys: false,
  enable_force_push: false,
  enable_merge_whitelist: true,
  merge_whitelist_usernames: [...new Set([gate, ...users])].sort(),
  merge_whitelist_teams: [...teams].sort(),
  enable_status_check: true,
  status_check_contexts: [GATE_CONTEXT],
  required_approvals: approvals,
  dismiss_stale_approvals: true,
  block_on_rejected_reviews: true,
  block_on_outdated_branch: true,
  block_admin_merge_override: true,
});

/** Everyone who may write may append to the log; a rule alone keeps its branch from being deleted or rewritten. */
export const logProtection = (branch: string) => ({
  rule_name: branch,
  enable_push: true,
  enable_push_whitelist: false,
  enable_force_push: false,
});

const OWNER = /^@([A-Za-z0-9][\w.-]*)(?:\/([\w.-]+))?$/;

/** Separates `@user` and `@organisation/team`. @throws {ConfigError} */
export function ownersOf(owners: readonly string[]): Pick<Wanted, 'users' | 'teams'> {
  const found = owners.map((owner) => OWNER.exec(owner));
  const wrong = owners.filter((_, i) => !found[i]);
  if (wrong.length > 0) {
    const message = `${wrong.map((o) => JSON.stringify(o)).join(', ')}: write @user or @organisation/team`;
    throw new ConfigError([{ path: 'owners', origin: '--owners', message }]);
  }
  const names = (team: boolean) =>
    found.flatMap((m) => (m && (m[2] !== undefined) === team ? [(team ? m[2] : m[1]) as string] : []));
  return { users: names(false), teams: names(true) };
}
