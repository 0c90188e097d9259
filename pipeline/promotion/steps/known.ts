import type { Promotion } from '../../../projections/promotions.ts';
import type { Commit, Git } from '../../../registry-repo/git.ts';
import { NoMergeFactsError, parseMergeMessage } from '../../../registry-repo/merge-message.ts';
import type { ObjectId } from '../../../registry-repo/values.ts';
import { openVerdict } from '../../../registry-repo/verdict/signed.ts';
import type { PullRequest } from '../../forge/forge.ts';
import { findJudged, type SignedVerdict } from '../pass.ts';
import type { PromotionPorts } from '../promotion-ports.ts';

/** A verdict that is there already: of another process, of a workflow, or the one that main's own commit names. */
export async function knownVerdict(
  { forge, trusted: keys, clock }: PromotionPorts,
  promotion: Promotion,
  pull: PullRequest,
): Promise<SignedVerdict | null> {
  const trust = { keys, now: clock() };
  const judgedHead = pull.mergeCommit ? judgedHeadOfMerge(await commitAt(forge.git, pull.mergeCommit)) : null;
  for (const head of new Set([judgedHead, promotion.pullRequest?.head, pull.head])) {
    const found = head && (await forge.git.commitId(head)) ? await findJudged(forge.git, head, trust) : null;
    const { verdict } = found ?? {};
    if (verdict?.promotion === promotion.id && verdict.pullRequest === pull.number && found) return found;
  }
  return null;
}

/** The verdict that the log knows; the process that had it signed may have died before it was attached. */
export async function ownVerdict(
  { artifacts, trusted, clock }: PromotionPorts,
  { judged }: Promotion,
): Promise<SignedVerdict> {
  const bytes = await artifacts.get(judged?.verdict as string);
  return { ...openVerdict(bytes, trusted, clock()), bytes };
}

async function commitAt(git: Git, oid: ObjectId): Promise<Commit | null> {
  return (await git.commitId(oid)) ? ((await git.firstParents(oid, { max: 1 }))[0] ?? null) : null;
}

function judgedHeadOfMerge(commit: Commit | null): ObjectId | null {
  try {
    return commit && parseMergeMessage(commit.message).head;
  } catch (error) {
    if (error instanceof NoMergeFactsError) return null;
    throw error;
  }
}
