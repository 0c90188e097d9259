import type { KeyObject } from 'node:crypto';
import type { Git } from '../../../registry-repo/git.ts';
import type { Lock } from './lock.ts';

/** An account with a permanent id; a bot is the account of an App. */
export type Account = {
  readonly id: number;
  readonly login: string;
  readonly type: 'User' | 'Organization' | 'Bot';
};

export type Level = 'read' | 'write' | 'admin';
/** By GitHub's names: `contents`, `pull_requests`, `statuses`, … */
export type Permissions = Readonly<Record<string, Level>>;

export type App = {
  readonly id: number;
  readonly slug: string;
  readonly name: string;
  readonly owner: Account;
  readonly bot: Account;
  readonly permissions: Permissions;
  readonly publicKey: KeyObject;
};

export type Installation = {
  readonly id: number;
  readonly app: App;
  readonly account: Account;
  readonly permissions: Permissions;
  readonly repositories: 'all' | readonly string[];
};

/** The caller, and the permissions of its token, before any role in a repository is checked. */
export type Actor = {
  readonly kind: 'anonymous' | 'classic' | 'fine-grained' | 'installation' | 'actions' | 'app';
  readonly account: Account | null;
  readonly permissions: Permissions | 'all';
  /** Full names in lower case. */
  readonly repositories: 'all' | readonly string[];
  readonly app: App | null;
  readonly appId: number | null;
  readonly scopes: readonly string[];
  readonly expiresAt: Date | null;
};

export type Review = {
  readonly id: number;
  readonly user: Account;
  readonly body: string;
  readonly commit: string;
  readonly submittedAt: string;
  state: 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED' | 'DISMISSED' | 'PENDING';
};

export type Comment = {
  readonly id: number;
  readonly pull: number;
  readonly user: Account;
  readonly createdAt: string;
  body: string;
  updatedAt: string;
};

export type Label = { readonly id: number; name: string; color: string; description: string | null };

export type Pull = {
  readonly id: number;
  readonly number: number;
  readonly user: Account;
  readonly headRepo: Repo;
  /** Branch names, without `refs/heads/`. */
  readonly headRef: string;
  readonly createdAt: string;
  baseRef: string;
  title: string;
  body: string | null;
  draft: boolean;
  state: 'open' | 'closed';
  head: string;
  /** The base's tip when the pull request was last open. */
  base: string;
  mergedAt: string | null;
  mergedBy: Account | null;
  mergeCommit: string | null;
  closedAt: string | null;
  updatedAt: string;
  lastPusher: Account;
  /** The result of the trial merge of this head on this base; until then GitHub answers `mergeable: null`. */
  merged: { readonly head: string; readonly base: string; readonly commit: string | null } | null;
  readonly labels: Set<string>;
  readonly reviews: Review[];
};

export type Status = {
  readonly id: number;
  readonly sha: string;
  readonly state: 'error' | 'failure' | 'pending' | 'success';
  readonly context: string;
  readonly description: string | null;
  readonly targetUrl: string | null;
  readonly creator: Account;
  /** The App whose own token set it, or null for a person's. */
  readonly appId: number | null;
  readonly createdAt: string;
};

export type Rule = { readonly type: string; readonly parameters?: Readonly<Record<string, unknown>> };
export type BypassActor = {
  readonly actor_id: number | null;
  readonly actor_type: string;
  readonly bypass_mode?: string;
};

export type Ruleset = {
  readonly id: number;
  name: string;
  target: string;
  enforcement: string;
  bypass_actors: readonly BypassActor[];
  conditions: { readonly ref_name?: { readonly include?: readonly string[]; readonly exclude?: readonly string[] } };
  rules: readonly Rule[];
  readonly createdAt: string;
  updatedAt: string;
};

export type Hook = {
  readonly id: number;
  active: boolean;
  events: readonly string[];
  config: { url: string; secret?: string; content_type?: string; insecure_ssl?: string | number };
};

export type Asset = {
  readonly id: number;
  readonly name: string;
  readonly label: string | null;
  readonly contentType: string;
  readonly bytes: Buffer;
  /** `starter`: an upload that broke off; it can only be deleted. */
  readonly state: 'uploaded' | 'starter';
  readonly uploader: Account;
  readonly createdAt: string;
  updatedAt?: string;
};

export type Release = {
  readonly id: number;
  readonly author: Account;
  readonly createdAt: string;
  tag: string;
  target: string;
  name: string | null;
  body: string | null;
  draft: boolean;
  prerelease: boolean;
  publishedAt: string | null;
  readonly assets: Asset[];
};

export type Environment = {
  readonly id: number;
  readonly name: string;
  settings: Readonly<Record<string, unknown>>;
  policy: { readonly protected_branches: boolean; readonly custom_branch_policies: boolean } | null;
  readonly branches: { readonly id: number; readonly name: string; readonly type: string }[];
};

export type Run = {
  readonly id: number;
  readonly number: number;
  readonly name: string;
  readonly path: string;
  readonly event: string;
  readonly branch: string;
  readonly sha: string;
  readonly actor: Account;
  readonly createdAt: string;
  status: 'queued' | 'in_progress' | 'completed';
  conclusion: string | null;
};

/** A repository: settings and pull requests in memory, commits and refs in a real bare repository. */
export type Repo = {
  readonly id: number;
  readonly owner: Account;
  readonly name: string;
  readonly fullName: string;
  readonly git: Git;
  readonly lock: Lock;
  readonly createdAt: string;
  /** What it was forked from. */
  readonly parent: Repo | null;
  private: boolean;
  description: string | null;
  defaultBranch: string;
  settings: Readonly<Record<string, unknown>>;
  readonly collaborators: Map<string, Level>;
  readonly pulls: Pull[];
  readonly comments: Comment[];
  readonly labels: Label[];
  readonly statuses: Status[];
  readonly rulesets: Ruleset[];
  readonly hooks: Hook[];
  readonly releases: Release[];
  readonly environments: Environment[];
  readonly runs: Run[];
  actions: {
    permissions: Readonly<Record<string, unknown>>;
    workflow: Readonly<Record<string, unknown>>;
    forks: Readonly<Record<string, unknown>>;
  };
};
