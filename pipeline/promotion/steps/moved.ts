import type { Fact } from '../../../events/catalogue.ts';
import type { Reason } from '../../../events/values.ts';
import type { Promotion } from '../../../projections/promotions.ts';
import { GitError } from '../../../registry-repo/git-process.ts';
import { RegistryAt } from '../../../registry-repo/registry.ts';
import type { ObjectId } from '../../../registry-repo/values.ts';
import type { PullRequest } from '../../forge/forge.ts';
import { buildCommit } from '../branch.ts';
import { bringsSame } from '../pass.ts';
import type { PromotionPorts } from '../promotion-ports.ts';
import { mergedElsewhere } from './merged-as.ts';
import { numberOf, supersededBy } from './outcome.ts';
import { reject } from './reject.ts';

/** What others have done to the pull request, as facts; null if it is unchanged. */
export async function movedFacts(
  ports: PromotionPorts,
  promotion: Promotion,
  pull: PullRequest,
  newer: Promotion | null,
): Promise<readonly Fact[] | null> {
  const { git } = ports.forge;
  if (pull.state === 'merged' && pull.mergeCommit) {
    const merged = await mergedElsewhere(ports, promotion, pull, pull.mergeCommit);
    return typeof merged === 'string' ? reject(ports, promotion, 'closed', [byHand(pull, merged)]) : merged;
  }
  if (pull.state === 'closed' && newer) return reject(ports, promotion, 'superseded', supersededBy(newer));
  if (pull.state !== 'open')
    return reject(ports, promotion, 'closed', [
      { code: 'pull-request-closed', message: `pull request ${pull.number} is ${pull.state}, and not by us` },
    ]);
  if (pull.head === promotion.pullRequest?.head) return null;
  const bound = promotion.judged?.bound;
  if (bound && (await bringsSame(git, { bound }, pull.head))) return null; // put on top of main, nothing else
  return [await rebasedFact(ports, promotion, pull.head)];
}

/** A merge by hand that nothing covers. Servers keep what they have; a rollback takes it off main. */
export function byHand({ number, mergeCommit }: PullRequest, why: string): Reason {
  const way = '`pawl rollback --reason "…"` puts the version before it back into production';
  const what = `pull request ${number} was merged by hand as ${mergeCommit}, and no verdict that passed covers it`;
  const message = `${what}: ${way} (${why})`.slice(0, 2000);
  return { code: 'merged-by-hand', message };
}

/** Whether the pull request was made for another baseline than main has now. */
export async function isStale(
  { forge: { git } }: PromotionPorts,
  { model }: Promotion,
  pull: PullRequest,
  base: ObjectId,
): Promise<boolean> {
  const told = (await new RegistryAt(git, pull.head).production(model).catch(() => null))?.value;
  const current = (await new RegistryAt(git, base).production(model))?.value;
  return told !== undefined && told.previous?.manifest !== current?.manifest && told.manifest !== current?.manifest;
}

/** Makes the candidate's commit again on main as it is now. */
export async function rebase(ports: PromotionPorts, promotion: Promotion, pull: PullRequest): Promise<readonly Fact[]> {
  const { forge } = ports;
  const head = await buildCommit({ ...ports, git: forge.git }, promotion, await forge.sync());
  await forge.pushBranch(pull.branch, head, pull.head);
  return [await rebasedFact(ports, promotion, head)];
}

async function rebasedFact({ forge }: PromotionPorts, promotion: Promotion, head: ObjectId): Promise<Fact> {
  const { git } = forge;
  const [base] = await git.mergeBases(head, await forge.sync());
  if (base === undefined) throw new GitError(['merge-base'], 1, `${head} shares no history with main`);
  const current = (await new RegistryAt(git, base).production(promotion.model))?.value;
  const baseline = current ? { version: current.version, manifest: current.manifest } : null;
  return {
    type: 'PullRequestRebased',
    data: { promotionId: promotion.id, number: numberOf(promotion), head, base, baseline },
  };
}
