import type { Run } from '../../projections/runs.ts';
import { measureNameFor } from '../../registry-repo/averaging.ts';
import type { Averaging } from '../../registry-repo/f1.ts';
import { denseCounts } from '../../registry-repo/stored-counts.ts';

/** The F1 a run claims: of its last evaluation. */
export const claimedF1 = (run: Run): number | null => run.evaluations.at(-1)?.f1 ?? null;

/** What that F1 is called: `macro F1`, `F1 of "fraud"`; null where there is none. @param first told where several names are true */
export function claimedMeasure(run: Run, first?: Averaging): string | null {
  const last = run.evaluations.at(-1);
  return last ? measureNameFor(last.labels, denseCounts(last.confusion), last.f1, first) : null;
}
