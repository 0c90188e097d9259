import type { Actor, Repo } from './state.ts';

/** Deviations of servers that implement only a part of GitHub. Each was observed on a real server. */
export type Partial = {
  /** A merge ignores `sha`. */
  readonly mergeIgnoresSha?: boolean;
  /** A refused merge answers 200, with the true status in the body. */
  readonly mergeRefusalsAs200?: boolean;
  /** A required status stops a push, but not a merge through the API. */
  readonly mergeIgnoresRules?: boolean;
  /** Answers are 200 where GitHub has 201. */
  readonly createsAs200?: boolean;
  /** Rulesets are unknown: 404. */
  readonly noRulesets?: boolean;
  /** Lists ignore filters and page sizes, and send no `Link`. */
  readonly plainLists?: boolean;
  readonly unsignedWebhooks?: boolean;
  readonly noStatusEvents?: boolean;
  /** `mergeable` and `merge_commit_sha` are absent. */
  readonly noMergeFields?: boolean;
  /** Changing the title of a pull request empties its body. */
  readonly titleWipesBody?: boolean;
};

/** An event in a repository, as webhooks and workflows get it. */
export type RepositoryEvent = {
  readonly event: string;
  readonly repo: Repo;
  readonly payload: Readonly<Record<string, unknown>>;
  /** False for what was done with a `GITHUB_TOKEN`: it starts no workflow. */
  readonly startsWorkflows: boolean;
};

export type Dispatch = {
  readonly repo: string;
  readonly workflow: string;
  /** A branch or tag, short. */
  readonly ref: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly runId: number;
  readonly actor: string;
};

export type Options = {
  readonly partial?: Partial;
  /** github.com's plan of every owner: with `free`, private repositories have no rulesets and no environment rules. */
  readonly plan?: 'free' | 'team';
  /** Settings of actions belong to the organisation. */
  readonly orgActions?: boolean;
  /** The default branch of new repositories; `main` if left out. */
  readonly defaultBranch?: string;
  readonly clock?: () => Date;
  /** How many calls each token has. */
  readonly rateLimit?: number;
  /** False: `mergeable` is known at the first read, which it never is on GitHub. */
  readonly lazyMergeable?: boolean;
  /** Plays the workflow; it returns the run's conclusion, and an error is a `failure`. */
  readonly onDispatch?: (dispatch: Dispatch) => Promise<string | undefined>;
  /** Another forge's rules for pushes: why a push of a ref is refused, or null. */
  readonly pushRule?: (
    repo: Repo,
    actor: Actor,
    update: { readonly ref: string; readonly from: string | null; readonly to: string | null },
  ) => Promise<string | null>;
  readonly onEvent?: (event: RepositoryEvent) => Promise<void> | void;
};
