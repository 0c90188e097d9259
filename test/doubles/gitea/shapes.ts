import { mayPush, roleOf } from '../github/identity.ts';
import type { Account, Actor, Comment, Label, Pull, Repo, Review, Status } from '../github/state.ts';
import type { World } from '../github/world.ts';

// How Gitea prints things, by the names of its `modules/structs`: the members that clients read.

type Json = Record<string, unknown>;

export const userShape = ({ id, login }: Account): Json => ({
  id,
  login,
  username: login,
  full_name: '',
  is_admin: false,
});

const REPOSITORY = {
  has_pull_requests: true,
  allow_squash_merge: true,
  allow_merge_commits: true,
  allow_rebase: true,
  allow_rebase_explicit: true,
  allow_fast_forward_only_merge: true,
  allow_manual_merge: false,
  autodetect_manual_merge: false,
  default_merge_style: 'merge',
  default_delete_branch_after_merge: false,
};

export async function repoShape(world: World, repo: Repo, actor: Actor): Promise<Json> {
  const role = actor.account && roleOf(world, actor.account, repo);
  const { allow_merge_commit, allow_rebase_merge, allow_auto_merge, ...settings } = repo.settings;
  return {
    id: repo.id,
    name: repo.name,
    full_name: repo.fullName,
    owner: userShape(repo.owner),
    private: repo.private,
    empty: (await repo.git.resolve(`refs/heads/${repo.defaultBranch}`)) === null,
    default_branch: repo.defaultBranch,
    clone_url: `${world.webUrl}/${repo.fullName}.git`,
    permissions: { admin: role === 'admin', push: role !== 'read', pull: true },
    ...REPOSITORY,
    ...settings,
  };
}

export const labelShape = ({ id, name, color }: Label): Json => ({
  id,
  name,
  color,
  exclusive: false,
  description: '',
});

/** A pull request whose branch is gone has its own ref. */
export async function pullShape(world: World, repo: Repo, pull: Pull): Promise<Json> {
  const there = await pull.headRepo.git.resolve(`refs/heads/${pull.headRef}`);
  const url = `${world.webUrl}/${repo.fullName}/pulls/${pull.number}`;
  return {
    id: pull.id,
    number: pull.number,
    url,
    html_url: url,
    user: userShape(pull.user),
    title: pull.title,
    body: pull.body ?? '',
    labels: repo.labels.filter((l) => pull.labels.has(l.name)).map(labelShape),
    state: pull.state,
    draft: false,
    merged: pull.mergedAt !== null,
    merged_at: pull.mergedAt,
    merge_commit_sha: pull.mergeCommit,
    mergeable: pull.state === 'open',
    head: {
      label: pull.headRef,
      ref: there ? pull.headRef : `refs/pull/${pull.number}/head`,
      sha: there ?? pull.head,
      repo_id: pull.headRepo.id,
    },
    base: {
      label: pull.baseRef,
      ref: pull.baseRef,
      sha: (await repo.git.resolve(`refs/heads/${pull.baseRef}`)) ?? '',
      repo_id: repo.id,
    },
    created_at: pull.createdAt,
    updated_at: pull.updatedAt,
  };
}

export const commentShape = ({ id, body, user, createdAt, updatedAt }: Comment): Json => ({
  id,
  body,
  user: userShape(user),
  created_at: createdAt,
  updated_at: updatedAt,
});

/** `status` where GitHub has `state`. */
export const statusShape = ({ id, state, context, description, creator, createdAt }: Status): Json => ({
  id,
  status: state,
  context,
  description: description ?? '',
  target_url: '',
  creator: userShape(creator),
  created_at: createdAt,
  updated_at: createdAt,
});

const REVIEWS: Readonly<Record<Review['state'], string>> = {
  APPROVED: 'APPROVED',
  CHANGES_REQUESTED: 'REQUEST_CHANGES',
  COMMENTED: 'COMMENT',
  DISMISSED: 'APPROVED',
  PENDING: 'PENDING',
};

export const reviewShape = (world: World, repo: Repo, pull: Pull, review: Review): Json => ({
  id: review.id,
  user: userShape(review.user),
  state: REVIEWS[review.state],
  body: review.body,
  commit_id: review.commit,
  stale: review.commit !== pull.head,
  official: mayPush(world, review.user, repo),
  dismissed: review.state === 'DISMISSED',
  submitted_at: review.submittedAt,
});
