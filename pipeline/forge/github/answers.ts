import * as z from 'zod';
import { ObjectId } from '../../../registry-repo/values.ts';

// The parts of GitHub's answers that Pawl reads. Other members are dropped unread.

const Id = z.int().min(0);
const Account = z.object({ id: Id });
const Text = z.string().max(300_000);
const ShortText = z.string().max(2000);

export const RepositoryAnswer = z.object({ id: Id, default_branch: ShortText, clone_url: z.url().max(2000) });

export const PullAnswer = z.object({
  number: z.int().min(1),
  html_url: ShortText,
  title: Text,
  body: Text.nullish(),
  state: z.enum(['open', 'closed']),
  merged_at: ShortText.nullish(),
  merge_commit_sha: ObjectId.nullish(),
  mergeable: z.boolean().nullish(),
  mergeable_state: ShortText.nullish(),
  labels: z
    .array(z.object({ name: ShortText.nullish() }))
    .max(1000)
    .default([]),
  head: z.object({ ref: ShortText, sha: ObjectId, repo: z.object({ id: Id }).nullish() }),
  base: z.object({ ref: ShortText, repo: z.object({ id: Id }) }),
});
export type PullAnswer = z.infer<typeof PullAnswer>;

export const CommentAnswer = z.object({ id: Id, body: Text.nullish(), user: Account.nullish() });
export type CommentAnswer = z.infer<typeof CommentAnswer>;

export const StatusAnswer = z.object({
  context: ShortText,
  state: z.enum(['pending', 'success', 'failure', 'error']),
  description: ShortText.nullish(),
  creator: Account.nullish(),
});

export const ReviewAnswer = z.object({
  state: ShortText,
  commit_id: ObjectId.nullish(),
  user: z.object({ id: Id, login: ShortText }).nullish(),
});
export type ReviewAnswer = z.infer<typeof ReviewAnswer>;

export const PermissionAnswer = z.object({ permission: ShortText, user: Account.nullish() });

/** Some servers answer 200 and say in the body that nothing was merged. */
export const MergeAnswer = z.object({
  sha: ObjectId.nullish(),
  merged: z.boolean().nullish(),
  message: Text.nullish(),
});

export const RunsAnswer = z.object({
  workflow_runs: z
    .array(z.object({ id: Id, display_title: ShortText.nullish(), status: ShortText.nullish() }))
    .max(100),
});

export const AccountAnswer = Account;
export const InstallationAnswer = z.object({ id: z.int().min(1) });
export const AppAnswer = z.object({ slug: z.string().regex(/^[\w-]{1,100}$/) });

/** Answers of which only the effect counts. */
export const AnyAnswer = z.unknown();
