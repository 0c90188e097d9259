import type { EventData } from '../../../events/catalogue.ts';
import { type Averaging, checkCounts } from '../../../registry-repo/f1.ts';
import type { Manifest } from '../../../registry-repo/manifest.ts';
import { denseCounts } from '../../../registry-repo/stored-counts.ts';
import type { Confusion } from '../../../registry-repo/values.ts';

type Judged = EventData<'GateJudged'>;

export type Version = { readonly version: number; readonly digest: string; readonly manifest: Manifest };

/** The subject of a pull request, as far as it is known when its text is written. */
export type ReportFacts = {
  readonly promotionId: string;
  readonly class: 'promotion' | 'rollback';
  readonly model: string;
  readonly candidate: Version;
  readonly baseline: Version | null;
  readonly reason: string | null;
  /** How the policy averages F1; null if it has no rules for the model. */
  readonly averaging: Averaging | null;
  readonly judged: Judged | null;
  /** The candidate's model card, if it could be read. */
  readonly card?: string | null;
  /** What started the candidate's run, if the log is available. */
  readonly trigger?: EventData<'TrainingRunStarted'>['trigger'] | null;
  /**
   * Where a browser finds a file of the registry as this pull request has it; null if nowhere. @param path from its
   * root
   */
  readonly fileUrl?: (path: string) => string | null;
};

/** One model's counts. */
export type Counted = { readonly labels: readonly string[]; readonly confusion: Confusion; readonly f1: number };

/** The gate's counts of both models if there are any, else the runs' claims. */
export function countsOf({ judged, candidate, baseline }: ReportFacts): { mine: Counted; theirs: Counted | null } {
  const measured = judged?.measured;
  if (!measured) return { mine: claimOf(candidate), theirs: baseline && claimOf(baseline) };
  const { labels } = measured;
  return {
    mine: { labels, confusion: denseCounts(measured.candidate), f1: measured.candidateF1 },
    theirs: measured.baseline && {
      labels,
      confusion: denseCounts(measured.baseline),
      f1: measured.baselineF1 ?? 0,
    },
  };
}

const claimOf = ({ manifest: { labels, claimed } }: Version): Counted => ({
  labels,
  confusion: denseCounts(claimed.confusion),
  f1: claimed.f1,
});

/** Whether there is one row and one column for each label: a claim may be anything. */
export function isSquare({ labels, confusion }: Pick<Counted, 'labels' | 'confusion'>): boolean {
  try {
    checkCounts(labels, confusion);
    return true;
  } catch {
    return false;
  }
}
