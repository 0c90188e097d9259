import type { Fact } from '../../events/catalogue.ts';
import { modelStream } from '../../events/streams.ts';
import { RegistryAt } from '../../registry-repo/registry.ts';
import { findVerdict } from '../../registry-repo/verdict/attached.ts';
import type { VerifiedMerge } from '../../registry-repo/verify/merge.ts';
import { handle } from '../record.ts';
import { verdictData } from './judged.ts';
import { mergedFact } from './merged.ts';
import type { ReconcilePorts } from './ports.ts';

/**
 * Records a merge for a pull request that this log does not know: the registry's own workflow made it, or the log has lost
 * what it knew. The
 * signed verdict says everything that the log needs; nothing else is trusted.
 *
 * @returns false if the log has another record of the promotion
 */
export async function recordMerge(ports: ReconcilePorts, commit: string, merge: VerifiedMerge): Promise<boolean> {
  const { forge, artifacts } = ports;
  const { git } = forge;
  const { verdict, verdictDigest } = merge;
  const { bound, model, promotion: promotionId } = verdict;
  const bytes = await findVerdict(git, bound.head, verdictDigest);
  if (!bytes) return false;
  const pull = await forge.pullRequest(verdict.pullRequest);
  const { value: manifest } = await new RegistryAt(git, commit).manifest(model, bound.candidate.version);
  const judged = await verdictData(git, { verdict, digest: verdictDigest });
  const promoted = verdict.class === 'promotion';
  const proposal = {
    class: verdict.class,
    candidate: bound.candidate,
    runId: promoted ? manifest.run.id : null,
    baseline: bound.baseline,
    claimedF1: promoted ? manifest.claimed.f1 : null,
    reason: verdict.reason,
  };
  const { number, url, branch } = pull;
  const facts: Fact[] = [
    { type: 'PromotionProposed', data: { promotionId, ...proposal } },
    { type: 'PullRequestOpened', data: { promotionId, number, url, branch, head: bound.head, base: bound.base } },
    { type: 'GateJudged', data: judged },
    await mergedFact(git, { id: promotionId, model, ...proposal, judged }, pull, commit),
  ];
  await artifacts.put(bytes);
  const added = await handle(ports, modelStream(model), (events) =>
    events.some((e) => 'promotionId' in e.data && e.data.promotionId === promotionId)
      ? null
      : { commandId: `adopted:${commit}`, facts },
  );
  return added.length > 0;
}
