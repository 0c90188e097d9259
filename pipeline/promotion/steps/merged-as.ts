import type { Fact } from '../../../events/catalogue.ts';
import type { Promotion } from '../../../projections/promotions.ts';
import type { ObjectId } from '../../../registry-repo/values.ts';
import { findVerdict } from '../../../registry-repo/verdict/attached.ts';
import { openVerdict } from '../../../registry-repo/verdict/signed.ts';
import type { PullRequest } from '../../forge/forge.ts';
import { verdictData } from '../judged.ts';
import { mergedFact } from '../merged.ts';
import type { PromotionPorts } from '../promotion-ports.ts';
import { tellsOfMerge } from './known.ts';

/**
 * The result of a merge. A remote gate may have been asked twice, and may merge on its second verdict after the first
 * was recorded. The verdict that main's commit names is the one that counts, so it is recorded, too.
 */
export async function mergedAs(
  { forge: { git }, artifacts, trusted, clock }: PromotionPorts,
  promotion: Promotion,
  pull: PullRequest,
  commit: ObjectId,
): Promise<readonly Fact[]> {
  const told = await tellsOfMerge(git, commit);
  const bytes =
    told && told.verdict !== promotion.judged?.verdict ? await findVerdict(git, told.head, told.verdict) : null;
  if (!bytes) return [await mergedFact(git, promotion, pull, commit)];
  const judged = await verdictData(git, openVerdict(bytes, trusted, clock()));
  await artifacts.put(bytes);
  return [{ type: 'GateJudged', data: judged }, await mergedFact(git, { ...promotion, judged }, pull, commit)];
}
