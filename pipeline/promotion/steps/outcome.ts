import type { Fact } from '../../../events/catalogue.ts';
import type { Reason } from '../../../events/values.ts';
import type { Promotion } from '../../../projections/promotions.ts';
import type { PromotionPorts } from '../promotion-ports.ts';

/**
 * The outcome of one step: facts to record; or nothing, because something moved (decide again at once); or a wait: for
 * a workflow, which takes minutes, or for a person's approval, which may take days; or the gate could again not judge,
 * for the reasons that the log has already.
 */
export type Outcome = readonly Fact[] | 'waiting' | 'unapproved' | 'unjudged';

export type StepPorts = PromotionPorts & {
  /** When this process last asked a workflow, by what it asked for. */
  readonly asked: Map<string, number>;
  /** The status of an earlier attempt to judge the commit, at the time when this process asked for another. */
  readonly saidBefore: Map<string, string>;
};

export const numberOf = (promotion: Promotion): number => promotion.pullRequest?.number as number;

export const supersededBy = (newer: Promotion): Reason[] => {
  const where = newer.pullRequest ? `pull request #${newer.pullRequest.number}` : `promotion ${newer.id}`;
  return [{ code: 'superseded', message: `Superseded by ${where}, which proposes v${newer.candidate.version}.` }];
};
