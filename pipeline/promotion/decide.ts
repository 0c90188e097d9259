import type { Fact } from '../../events/catalogue.ts';
import { PawlError } from '../../events/errors.ts';
import type { Reason, VersionRef } from '../../events/values.ts';
import type { Promotion } from '../../projections/promotions.ts';
import type { Version } from '../../projections/versions.ts';
import { couldNotJudge } from '../../registry-repo/gate/whose-fault.ts';
import type { ModelState } from './state.ts';

/** The version cannot be promoted or rolled back to; the message says why, and what can be done. */
export class NotPromotableError extends PawlError {
  readonly code = 'not_promotable';
}

export type ProposePromotion = {
  readonly promotionId: string;
  readonly manifest: string;
  readonly runId: string | null;
  readonly claimedF1: number;
  readonly baseline: VersionRef | null;
  /** The highest number of a version on main, whoever put it there; 0 if there is none. */
  readonly highest: number;
};

export type ProposeRollback = {
  readonly promotionId: string;
  /** Null: the version that was in production before; if main was moved without a verdict, the last one that had one. */
  readonly to: number | null;
  readonly reason: string;
  /** What main names as in production. */
  readonly onMain: VersionRef | null;
};

/** `open`: the same is proposed already; continue with that. `done`: it is in production already. */
export type Proposal =
  | { readonly kind: 'new'; readonly fact: Fact & { type: 'PromotionProposed' } }
  | { readonly kind: 'open'; readonly promotionId: string }
  | { readonly kind: 'done'; readonly version: number };

/** A candidate is proposed once at a time; after a refusal it may be proposed again, as a new version. */
export function proposePromotion(state: ModelState, command: ProposePromotion): Proposal {
  const { manifest, promotionId, runId, claimedF1, baseline, highest } = command;
  if (state.baseline?.manifest === manifest) return { kind: 'done', version: state.baseline.version };
  const open = openPromotion(state, (p) => p.class === 'promotion' && p.candidate.manifest === manifest);
  if (open) return { kind: 'open', promotionId: open.id };
  const version = Math.max(state.versions.at(-1)?.version ?? 0, highest) + 1;
  return proposed({
    promotionId,
    class: 'promotion',
    candidate: { version, manifest },
    runId,
    baseline,
    claimedF1,
    reason: null,
  });
}

/** @throws {NotPromotableError} if there is no version to go back from, or to */
export function proposeRollback(state: ModelState, { promotionId, to, reason, onMain }: ProposeRollback): Proposal {
  const recorded = state.baseline;
  if (!recorded) throw new NotPromotableError(onMain ? neverVerified(onMain) : NOTHING_TO_LEAVE);
  const asRecorded = onMain === null || (onMain.version === recorded.version && onMain.manifest === recorded.manifest);
  const current = asRecorded ? recorded : onMain;
  const served = state.versions.filter((v) => v.spans.length > 0 && v.version !== current.version);
  const wanted = to ?? (asRecorded ? recorded.previous?.version : recorded.version);
  if (asRecorded && wanted === current.version) return { kind: 'done', version: current.version };
  const target = served.find((v) => v.version === wanted);
  if (!target) throw new NotPromotableError(noTarget(wanted, served));
  const open = openPromotion(state, (p) => p.class === 'rollback' && p.candidate.version === target.version);
  if (open) return { kind: 'open', promotionId: open.id };
  const { version, manifest, runId } = target;
  const baseline = { version: current.version, manifest: current.manifest };
  return proposed({
    promotionId,
    class: 'rollback',
    candidate: { version, manifest },
    runId,
    baseline,
    claimedF1: null,
    reason,
  });
}

const NOTHING_TO_LEAVE = 'nothing is in production, so there is nothing to roll back';

const neverVerified = ({ version }: VersionRef): string =>
  `main names v${version}, which no verdict put there, and no version was ever in production: promote one with \`pawl promote\``;

function noTarget(wanted: number | undefined, served: readonly Version[]): string {
  const numbers = served.map((v) => `v${v.version}`).join(', ');
  if (served.length === 0) return 'only one version has ever been in production: there is nothing to go back to';
  return `${wanted === undefined ? 'no earlier version' : `v${wanted}`} was never in production: --to takes one of ${numbers}`;
}

const proposed = (data: (Fact & { type: 'PromotionProposed' })['data']): Proposal => ({
  kind: 'new',
  fact: { type: 'PromotionProposed', data },
});

const openPromotion = (state: ModelState, matches: (p: Promotion) => boolean): Promotion | undefined =>
  [...state.promotions.values()].find((p) => p.status === 'open' && matches(p));

/**
 * The next step of a promotion. It is decided from the log alone, so any process that finds a promotion half done
 * continues where it stopped.
 */
export type NextStep =
  | { readonly step: 'open' | 'none' }
  /** `newer`: a later candidate of the model, which replaces this one if this one would only wait. */
  | { readonly step: 'judge' | 'merge'; readonly newer: Promotion | null }
  | {
      readonly step: 'reject';
      readonly cause: 'gate-failed' | 'gate-error' | 'abandoned';
      readonly reasons: readonly Reason[];
    };

/**
 * The last candidate of the model that was proposed after this one and was not refused. Rollbacks neither replace other
 * promotions nor are replaced.
 */
export function newerThan(promotion: Promotion, state: Pick<ModelState, 'promotions'>): Promotion | null {
  const proposed = [...state.promotions.values()].filter((p) => p.class === 'promotion');
  const at = proposed.findIndex((p) => p.id === promotion.id);
  return at < 0 ? null : (proposed.slice(at + 1).findLast((p) => p.status !== 'rejected') ?? null);
}

/** A candidate whose base moved this often is given up. */
const MAX_JUDGEMENTS = 100;

export function nextStep(promotion: Promotion, newer: Promotion | null = null): NextStep {
  if (promotion.status !== 'open') return { step: 'none' };
  if (!promotion.pullRequest) return { step: 'open' };
  const { judged, judgements } = promotion;
  if (!judged)
    return judgements < MAX_JUDGEMENTS
      ? { step: 'judge', newer }
      : abandoned('judged-too-often', `judged ${judgements} times, void each time`);
  if (judged.result === 'pass') return differs(promotion) ?? { step: 'merge', newer };
  if (couldNotJudge(judged)) return { step: 'judge', newer };
  return { step: 'reject', cause: judged.result === 'fail' ? 'gate-failed' : 'gate-error', reasons: judged.reasons };
}

export const CHANGED: Reason = {
  code: 'candidate-changed',
  message: 'the pull request holds another candidate than the one proposed',
};

/** A pass counts only for the proposed commit: another person may have pushed another candidate to the branch. */
function differs({ judged, candidate }: Promotion): NextStep | null {
  const bound = judged?.bound?.candidate;
  if (bound?.version === candidate.version && bound.manifest === candidate.manifest) return null;
  return { step: 'reject', cause: 'abandoned', reasons: [CHANGED] };
}

const abandoned = (code: string, message: string): NextStep => ({
  step: 'reject',
  cause: 'abandoned',
  reasons: [{ code, message }],
});
