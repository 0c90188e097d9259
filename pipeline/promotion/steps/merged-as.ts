import type { Fact } from '../../../events/catalogue.ts';
import type { Promotion } from '../../../projections/promotions.ts';
import { RegistryError } from '../../../registry-repo/errors.ts';
import type { Git } from '../../../registry-repo/git.ts';
import { GitError } from '../../../registry-repo/git-process.ts';
import type { ObjectId } from '../../../registry-repo/values.ts';
import { findVerdict } from '../../../registry-repo/verdict/attached.ts';
import { openVerdict } from '../../../registry-repo/verdict/signed.ts';
import { type VerifiedMerge, verifyMerge } from '../../../registry-repo/verify/merge.ts';
import type { PullRequest } from '../../forge/forge.ts';
import { verdictData } from '../judged.ts';
import { mergedFact } from '../merged.ts';
import type { PromotionPorts } from '../promotion-ports.ts';
import { ownVerdict, tellsOfMerge } from './known.ts';

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

/**
 * The result of a merge that this process did not make: of another process, of a workflow, or of a person who pressed
 * the forge's own button. It counts if a verdict covers exactly what came to main.
 *
 * @returns why it does not count, as a sentence, if it does not
 */
export async function mergedElsewhere(
  ports: PromotionPorts,
  promotion: Promotion,
  pull: PullRequest,
  commit: ObjectId,
): Promise<readonly Fact[] | string> {
  const { forge, artifacts, trusted: keys, clock } = ports;
  await forge.sync();
  if (promotion.judged?.verdict && promotion.judged.result === 'pass') {
    const { verdict, bytes } = await ownVerdict(ports, promotion); // its process may have died before it was attached
    await forge.attachVerdict(verdict.bound.head, bytes);
  }
  const merge = await covered(forge.git, commit, { keys, now: clock() });
  if (typeof merge === 'string') return merge;
  const { verdict, verdictDigest: digest } = merge;
  if (verdict.promotion !== promotion.id) return `its verdict is about the promotion ${verdict.promotion}`;
  if (promotion.judged?.verdict === digest) return [await mergedFact(forge.git, promotion, pull, commit)];
  const bytes = await findVerdict(forge.git, verdict.bound.head, digest);
  if (bytes) await artifacts.put(bytes);
  const judged = await verdictData(forge.git, { verdict, digest });
  const merged = await mergedFact(forge.git, { ...promotion, judged }, pull, commit);
  return [{ type: 'GateJudged', data: judged }, merged];
}

/** What explains a commit of main, or why nothing does. */
async function covered(
  git: Git,
  oid: ObjectId,
  trust: Parameters<typeof verifyMerge>[2],
): Promise<VerifiedMerge | string> {
  const [commit] = await git.firstParents(oid, { max: 1 });
  if (!commit) return `${oid} is not in this repository`;
  try {
    return await verifyMerge(git, commit, trust);
  } catch (error) {
    if (!(error instanceof RegistryError) || error instanceof GitError) throw error;
    return error.message;
  }
}
