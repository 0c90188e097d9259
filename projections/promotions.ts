import type { EventData } from '../events/catalogue.ts';
import { modelOf } from './baseline.ts';
import type { EventOf, Projection } from './projection.ts';

type Types =
  | 'PromotionProposed'
  | 'PullRequestOpened'
  | 'PullRequestRebased'
  | 'GateJudged'
  | 'PromotionMerged'
  | 'ProductionRolledBack'
  | 'PromotionRejected';

type Proposal = Omit<EventData<'PromotionProposed'>, 'promotionId'>;

/** One attempt to change production, from proposal to end. Reconciling continues those that are `open`. */
export type Promotion = Proposal & {
  readonly id: string;
  readonly model: string;
  readonly status: 'open' | 'merged' | 'rejected';
  readonly proposedAt: string;
  readonly endedAt: string | null;
  readonly pullRequest: {
    readonly number: number;
    readonly url: string;
    readonly branch: string;
    readonly head: string;
    readonly base: string;
  } | null;
  /** The last judgement; a later judgement voids the earlier ones. */
  readonly judged: EventData<'GateJudged'> | null;
  /** How often a gate gave an answer. */
  readonly judgements: number;
  readonly merge: {
    readonly commit: string;
    readonly tree: string;
    readonly base: string;
    readonly position: number;
  } | null;
  readonly rejection: {
    readonly cause: EventData<'PromotionRejected'>['cause'];
    readonly reasons: EventData<'PromotionRejected'>['reasons'];
  } | null;
  readonly eventIds: readonly string[];
};

/** One row per promotion or rollback; keyed by promotion id. */
export const promotions: Projection<Promotion, Types> = {
  name: 'promotions',
  version: 2,
  types: [
    'PromotionProposed',
    'PullRequestOpened',
    'PullRequestRebased',
    'GateJudged',
    'PromotionMerged',
    'ProductionRolledBack',
    'PromotionRejected',
  ],
  keys: (event) => [event.data.promotionId],
  evolve: (row, event) => {
    if (event.type === 'PromotionProposed') return row ?? proposed(event);
    return row && { ...row, ...change(row, event), eventIds: [...row.eventIds, event.id] };
  },
};

function proposed(event: EventOf<'PromotionProposed'>): Promotion {
  const { promotionId, ...proposal } = event.data;
  return {
    id: promotionId,
    model: modelOf(event.stream),
    ...proposal,
    status: 'open',
    proposedAt: event.time,
    endedAt: null,
    pullRequest: null,
    judged: null,
    judgements: 0,
    merge: null,
    rejection: null,
    eventIds: [event.id],
  };
}

function change(row: Promotion, event: EventOf<Exclude<Types, 'PromotionProposed'>>): Partial<Promotion> {
  switch (event.type) {
    case 'PullRequestOpened': {
      const { number, url, branch, head, base } = event.data;
      return { pullRequest: { number, url, branch, head, base } };
    }
    case 'PullRequestRebased': {
      const { head, base, baseline } = event.data;
      return { baseline, judged: null, pullRequest: row.pullRequest && { ...row.pullRequest, head, base } };
    }
    case 'GateJudged':
      return { judged: event.data, judgements: row.judgements + (event.data.result === 'error' ? 0 : 1) };
    case 'PromotionMerged':
    case 'ProductionRolledBack': {
      const { commit, tree, base } = event.data;
      return { status: 'merged', endedAt: event.time, merge: { commit, tree, base, position: event.position } };
    }
    case 'PromotionRejected': {
      const { cause, reasons } = event.data;
      return { status: 'rejected', endedAt: event.time, rejection: { cause, reasons } };
    }
  }
}
