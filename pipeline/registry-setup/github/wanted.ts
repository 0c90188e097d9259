import { GATE_CONTEXT } from '../../promotion/merge.ts';

/** How a registry on GitHub should be set up. */
export type Wanted = {
  readonly owner: string;
  readonly repo: string;
  readonly visibility: 'private' | 'public';
  /** The App whose statuses count; null: those of every account with write access. */
  readonly gateApp: number | null;
  /** Approving reviews that a merge needs; 0 if a pass merges at once. */
  readonly approvals: number;
  /** Whether files have owners (CODEOWNERS), who must then approve changes to them. */
  readonly codeOwners: boolean;
  /** The branch that holds the log, if it is in this repository. */
  readonly log: string | null;
};

export const RULESET = 'pawl: main';
export const ENVIRONMENT = 'gate';

/**
 * Main changes only by a pull request that is on top of it and has the gate's own success. There is no exception for
 * any account. The body of GitHub's `repos/create-repo-ruleset`.
 */
export const ruleset = ({ gateApp, approvals, codeOwners }: Wanted) => ({
  name: RULESET,
  target: 'branch',
  enforcement: 'active',
  bypass_actors: [],
  conditions: { ref_name: { include: ['~DEFAULT_BRANCH'], exclude: [] } },
  rules: [
    { type: 'deletion' },
    { type: 'non_fast_forward' },
    {
      type: 'pull_request',
      parameters: {
        required_approving_review_count: approvals,
        dismiss_stale_reviews_on_push: true,
        require_code_owner_review: codeOwners,
        require_last_push_approval: false,
        required_review_thread_resolution: false,
        allowed_merge_methods: ['squash'],
      },
    },
    {
      type: 'required_status_checks',
      parameters: {
        strict_required_status_checks_policy: true,
        do_not_enforce_on_create: false,
        required_status_checks: [{ context: GATE_CONTEXT, ...(gateApp === null ? {} : { integration_id: gateApp }) }],
      },
    },
  ],
});

export const LOG_RULESET = 'pawl: log';

/** Everyone who may write may append to the log; nobody may shorten or delete it, because main's checkpoints point there. */
export const logRuleset = (branch: string) => ({
  name: LOG_RULESET,
  target: 'branch',
  enforcement: 'active',
  bypass_actors: [],
  conditions: { ref_name: { include: [`refs/heads/${branch}`], exclude: [] } },
  rules: [{ type: 'deletion' }, { type: 'non_fast_forward' }],
});

/** Each promotion is one squashed commit. A merge cannot be scheduled before the gate has judged. */
export const repositorySettings = {
  allow_squash_merge: true,
  allow_merge_commit: false,
  allow_rebase_merge: false,
  allow_auto_merge: false,
  delete_branch_on_merge: false,
} as const;

export const actionsPermissions = { enabled: true, allowed_actions: 'all', sha_pinning_required: true } as const;

/** A workflow's own token may only read, unless the workflow says otherwise; and it never approves. */
export const workflowPermissions = {
  default_workflow_permissions: 'read',
  can_approve_pull_request_reviews: false,
} as const;

export const forkApproval = { approval_policy: 'all_external_contributors' } as const;

/** The secrets of this environment are only for workflows on main. */
export const environmentSettings = {
  deployment_branch_policy: { protected_branches: false, custom_branch_policies: true },
} as const;
