import type { Promotion } from '../../../projections/promotions.ts';
import type { Git } from '../../../registry-repo/git.ts';
import { type MergeFacts, NoMergeFactsError, parseMergeMessage } from '../../../registry-repo/merge-message.ts';
import type { ObjectId } from '../../../registry-repo/values.ts';
import { openVerdict } from '../../../registry-repo/verdict/signed.ts';
import type { PullRequest } from '../../forge/forge.ts';
import { findJudged, type SignedVerdict } from '../pass.ts';
import type { PromotionPorts } from '../promotion-ports.ts';

/** A verdict that exists already: of another process, of a workflow, or the one that main's own commit names. */
export async function knownVerdict(
  { forge, trusted: keys, clock }: PromotionPorts,
  promotion: Promotion,
  pull: PullRequest,
): Promise<SignedVerdict | null> {
  const trust = { keys, now: clock() };
  const judgedHead = pull.mergeCommit ? ((await tellsOfMerge(forge.git, pull.mergeCommit))?.head ?? null) : null;
  for (const head of new Set([judgedHead, promotion.pullRequest?.head, pull.head])) {
    const found = head && (await forge.git.commitId(head)) ? await findJudged(forge.git, head, trust) : null;
    const { verdict } = found ?? {};
    if (verdict?.promotion === promotion.id && verdict.pullRequest === pull.number && found) return found;
  }
  return null;
}

/** The verdict that the log knows. The process that had it signed may have died before it was attached. */
export async function ownVerdict(
  { artifacts, trusted, clock }: PromotionPorts,
  { judged }: Promotion,
): Promise<SignedVerdict> {
  const bytes = await artifacts.get(judged?.verdict as string);
  return { ...openVerdict(bytes, trusted, clock()), bytes };
}

/** What a commit on main says about the merge that made it; null if it is not here, or says nothing about a merge. */
export async function tellsOfMerge(git: Git, oid: ObjectId): Promise<MergeFacts | null> {
  const [commit] = (await git.commitId(oid)) ? await git.firstParents(oid, { max: 1 }) : [];
  try {
    return commit ? parseMergeMessage(commit.message) : null;
  } catch (error) {
    if (error instanceof NoMergeFactsError) return null;
    throw error;
  }
}
