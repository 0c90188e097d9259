import * as z from 'zod';
import { ObjectId } from '../../../registry-repo/values.ts';

// The parts of Gitea's and Forgejo's answers that Pawl reads, by the names of their `modules/structs`. Other members
// are dropped unread.

const Id = z.int().min(0);
const Account = z.object({ id: Id, login: z.string().min(1).max(200) });
const Text = z.string().max(300_000);
const ShortText = z.string().max(2000);

const NOWHERE = -1;

/**
 * A pull request whose branch is deleted has `refs/pull/N/head` in `ref`; `label` still names the branch. A pull
 * request that was pushed to `refs/for/…` (AGit) has no branch, and claims to be of the registry itself. Everyone with
 * read access can make one, so it counts as a fork's.
 */
const Branch = z
  .object({ ref: ShortText, label: ShortText.nullish(), sha: z.union([ObjectId, z.literal('')]), repo_id: z.int() })
  .transform(({ ref, label, sha, repo_id: id }) => ({ ref: label || ref, sha, repo: { id: label ? id : NOWHERE } }));

export const PullAnswer = z
  .object({
    number: z.int().min(1),
    html_url: ShortText,
    title: Text,
    body: Text.nullish(),
    state: z.enum(['open', 'closed']),
    merged: z.boolean(),
    merged_at: ShortText.nullish(),
    merge_commit_sha: z.union([ObjectId, z.literal('')]).nullish(),
    labels: z
      .array(z.object({ id: Id, name: ShortText }))
      .max(1000)
      .nullish(),
    head: Branch,
    base: Branch,
  })
  .transform(({ merge_commit_sha: commit, labels, ...pull }) => ({
    ...pull,
    mergeCommit: commit || null,
    labels: labels ?? [],
  }));
export type PullAnswer = z.infer<typeof PullAnswer>;

/** A status' state is called `status` here, but `state` in the request that sets it. */
export const StatusAnswer = z.object({
  id: Id,
  context: ShortText,
  status: z.enum(['pending', 'success', 'failure', 'error', 'warning', 'skipped']),
  description: ShortText.nullish(),
  creator: z.object({ id: z.int() }).nullish(),
});
export type StatusAnswer = z.infer<typeof StatusAnswer>;

export const ReviewAnswer = z.object({
  id: Id,
  state: ShortText,
  commit_id: z.string().max(64).nullish(),
  official: z.boolean(),
  dismissed: z.boolean(),
  user: z.object({ id: z.int() }).nullish(),
});
export type ReviewAnswer = z.infer<typeof ReviewAnswer>;

export const LabelAnswer = z.object({ id: Id, name: ShortText });
export const AccountAnswer = Account;

export const RepositoryAnswer = z.object({
  default_branch: ShortText,
  empty: z.boolean(),
  permissions: z.object({ admin: z.boolean(), push: z.boolean() }).nullish(),
});

export const RunsAnswer = z.object({
  workflow_runs: z
    .array(z.object({ display_title: ShortText.nullish(), status: ShortText.nullish() }))
    .max(1000)
    .nullish()
    .transform((runs) => runs ?? []),
});

/** Answers of which only the effect counts. */
export const AnyAnswer = z.unknown();
