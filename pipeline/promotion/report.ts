import { measuredName } from '../../registry-repo/averaging.ts';
import { code, plain } from '../markdown.ts';
import { changes, identity, modelCard, plots, reproduction } from './report/context.ts';
import type { ReportFacts } from './report/facts.ts';
import { fitted, type Section } from './report/fit.ts';
import { printMarker } from './report/marker.ts';
import { comparison, confusions, perLabel, perSlice } from './report/numbers.ts';
import { promotionTitle } from './title.ts';

export type { ReportFacts } from './report/facts.ts';

/** Forges refuse longer bodies (GitHub: 65,536 characters), and some count bytes. */
export const MAX_BODY_BYTES = 65_000;

const MAX_REASONS = 12;

/** The pull request's title. */
export function pullRequestTitle({ class: kind, model, candidate, baseline }: ReportFacts): string {
  return promotionTitle({ class: kind, model, from: baseline?.version ?? null, to: candidate.version });
}

/**
 * The pull request's text: enough for a person to decide. No program trusts it; its last line is a marker by which it
 * can be found again. It is never longer than a forge allows, and no string in it acts as markup.
 */
export function pullRequestBody(facts: ReportFacts): string {
  const sections: Section[] = [
    { name: 'verdict', rank: 0, text: verdict(facts) },
    { name: 'numbers', rank: 0, text: comparison(facts) },
    { name: 'labels', rank: 2, text: perLabel(facts) },
    { name: 'slices', rank: 1, text: perSlice(facts) },
    { name: 'confusion matrices', rank: 6, text: confusions(facts) },
    { name: 'changes', rank: 3, text: changes(facts) },
    { name: 'plots', rank: 5, text: plots(facts) },
    { name: 'model card', rank: 7, text: modelCard(facts) },
    { name: 'how to reproduce', rank: 4, text: reproduction(facts) },
    { name: 'identity', rank: 4, text: identity(facts) },
  ];
  const { model, candidate, promotionId: promotion } = facts;
  return fitted(sections, printMarker({ model, candidate: candidate.digest, promotion }), MAX_BODY_BYTES);
}

const BADGES = {
  pass: ['✓', 'passed'],
  fail: ['✗', 'failed'],
  error: ['✗', 'could not judge, so it refuses'],
} as const;

function verdict({ judged, reason }: ReportFacts): string {
  const why = reason === null ? [] : [`Reason given: ${plain(reason, 1000)}`];
  if (!judged) return ['○ **Gate: not yet judged.** The numbers below are the run’s own claims.', ...why].join('\n\n');
  const [symbol, word] = BADGES[judged.result];
  const { measured } = judged;
  const numbers = measured
    ? ` ${measuredName(measured)} ${measured.candidateF1.toFixed(4)} measured, ${measured.requiredF1.toFixed(4)} required.`
    : '';
  const reasons = judged.reasons.slice(0, MAX_REASONS).map((r) => `- ${code(r.code, 80)} ${plain(r.message, 400)}`);
  const more = judged.reasons.length > MAX_REASONS ? [`- and ${judged.reasons.length - MAX_REASONS} more`] : [];
  return [`${symbol} **Gate: ${word}.**${numbers}`, [...reasons, ...more].join('\n'), ...why]
    .filter(Boolean)
    .join('\n\n');
}
