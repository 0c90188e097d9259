import type { EventData } from '../../events/catalogue.ts';
import type { Promotion } from '../../projections/promotions.ts';
import { type GateJudgement, measuredOf } from '../../registry-repo/gate/gate.ts';
import type { Git } from '../../registry-repo/git.ts';
import { judge } from '../../registry-repo/judge/judge.ts';
import { RegistryAt } from '../../registry-repo/registry.ts';
import type { ObjectId } from '../../registry-repo/values.ts';
import type { SignedVerdict } from './pass.ts';

type Judged = EventData<'GateJudged'>;

/** The event for a gate's answer in this process. */
export function answerData(promotion: Promotion, judgement: GateJudgement, result: Judged['result']): Judged {
  const { reasons, bound, measured, claimed, head, base, verdict, scorer, durationMs } = judgement;
  return {
    promotionId: promotion.id,
    class: promotion.class,
    result,
    reasons: reasons.map(({ code, message }) => ({ code, message })),
    bound,
    measured,
    claimed,
    head,
    base,
    verdict,
    scorer,
    durationMs,
  };
}

/** The event for a verdict that another process signed: it holds only what the verdict says. */
export async function verdictData(
  git: Git,
  { verdict, digest }: Pick<SignedVerdict, 'verdict' | 'digest'>,
): Promise<Judged> {
  const { class: kind, model, promotion, result, findings, bound, evidence, scorer, durationMs } = verdict;
  const policy = (await new RegistryAt(git, bound.base).policy()).value;
  const { f1 } = judge({ class: kind, model, policy, evidence });
  const { claimed } = evidence;
  return {
    promotionId: promotion,
    class: kind,
    result,
    reasons: findings.map(({ code, message }) => ({ code, message })),
    bound,
    measured: measuredOf(evidence, f1),
    claimed: { labels: claimed.labels, confusion: claimed.confusion },
    head: bound.head,
    base: bound.base,
    verdict: digest,
    scorer,
    durationMs,
  };
}

/**
 * What a remote gate says in its status alone: that it reached no verdict, or that it refused before it measured
 * anything.
 */
export type Told = { readonly head: ObjectId; readonly base: ObjectId; readonly why: string };

/** @param unjudged whether the status says that the gate could not judge, so that it may be asked again */
export const errorData = (promotion: Promotion, told: Told, unjudged: boolean): Judged =>
  withoutVerdict(promotion, told, { result: 'error', code: unjudged ? 'could-not-judge' : 'gate-error' });

export const refusedData = (promotion: Promotion, told: Told): Judged =>
  withoutVerdict(promotion, told, { result: 'fail', code: 'gate-refused' });

const withoutVerdict = (
  promotion: Promotion,
  { head, base, why }: Told,
  { result, code }: { result: 'error' | 'fail'; code: string },
): Judged => ({
  promotionId: promotion.id,
  class: promotion.class,
  result,
  reasons: [{ code, message: why || 'the gate says no more than that it failed: see its log' }],
  bound: null,
  measured: null,
  claimed: null,
  head,
  base,
  verdict: null,
  scorer: { pawl: 'unknown', onnxruntime: 'none', node: 'unknown' },
  durationMs: 0,
});
