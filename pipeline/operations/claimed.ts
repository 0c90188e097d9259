import type { Run } from '../../projections/runs.ts';
import { measureNameFor } from '../../registry-repo/averaging.ts';
import type { Averaging } from '../../registry-repo/f1.ts';
import { denseCounts } from '../../registry-repo/stored-counts.ts';

/** The F1 that a run claims, from its last evaluation. */
export const claimedF1 = (run: Run): number | null => run.evaluations.at(-1)?.f1 ?? null;

/**
 * The name of that F1: `macro F1`, `F1 of "fraud"`; null if there is none. @param first returned if several names are
 * true
 */
export function claimedMeasure(run: Run, first?: Averaging): string | null {
  const last = run.evaluations.at(-1);
  return last ? measureNameFor(last.labels, denseCounts(last.confusion), last.f1, first) : null;
}
