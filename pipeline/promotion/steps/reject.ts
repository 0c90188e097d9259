import type { Fact } from '../../../events/catalogue.ts';
import type { Reason } from '../../../events/values.ts';
import type { Promotion } from '../../../projections/promotions.ts';
import type { Forge, PullRequest } from '../../forge/forge.ts';
import { GATE_CONTEXT } from '../merge.ts';
import { reportFacts } from '../merged.ts';
import type { PromotionPorts } from '../promotion-ports.ts';
import { showJudgement } from '../show.ts';

/**
 * Ends a promotion that will not be merged: shows the reason on the pull request, closes it, and records the refusal.
 */
export async function reject(
  ports: PromotionPorts,
  promotion: Promotion,
  cause: (Fact & { type: 'PromotionRejected' })['data']['cause'],
  reasons: readonly Reason[],
): Promise<readonly Fact[]> {
  const { forge, artifacts, gate } = ports;
  const pull = promotion.pullRequest && (await forge.pullRequest(promotion.pullRequest.number));
  if (pull?.state === 'open' && gate.kind === 'here') {
    if (promotion.judged?.verdict && promotion.judged.head === pull.head)
      await forge.attachVerdict(pull.head, await artifacts.get(promotion.judged.verdict));
    await show(ports, promotion, pull, cause === 'gate-error' ? 'error' : 'failure');
  }
  if (pull?.state === 'open') {
    if (cause === 'superseded') await saySuperseded(forge, pull, reasons);
    const closed = await forge.closePullRequest(pull.number);
    if (closed.state === 'merged') return []; // it was merged first: the next step records that
    await forge.deleteBranch(pull.branch);
  }
  const version = promotion.class === 'promotion' ? promotion.candidate.version : null;
  const number = pull?.number ?? null;
  return [
    {
      type: 'PromotionRejected',
      data: { promotionId: promotion.id, version, cause, reasons: [...reasons], number },
    },
  ];
}

async function saySuperseded(forge: Forge, pull: PullRequest, reasons: readonly Reason[]): Promise<void> {
  const body = reasons.map((r) => r.message).join('\n');
  await forge.comment(pull.number, { marker: 'pawl-superseded', body });
  await forge.updatePullRequest(pull.number, { labels: [...new Set([...pull.labels, 'superseded'])] });
}

/** Shows the gate's answer; if a state is given, in the status too. */
export async function show(
  ports: PromotionPorts,
  promotion: Promotion,
  pull: PullRequest,
  state?: 'failure' | 'error',
): Promise<void> {
  const { forge } = ports;
  const facts = await reportFacts(ports, promotion, await forge.sync());
  await showJudgement(forge, pull, facts);
  if (!state) return;
  const why = promotion.judged?.reasons.map((r) => r.message).join('; ') ?? 'not judged';
  await forge.setStatus(pull.head, { context: GATE_CONTEXT, state, description: why.slice(0, 140) });
}
