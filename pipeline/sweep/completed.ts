import type { Run } from '../../projections/runs.ts';

/** The completed runs of a sweep by point; if a point has several, the first. */
export function completedPoints(all: Iterable<Run>, id: string): Map<number, Run> {
  const found = new Map<number, Run>();
  for (const run of all)
    if (run.sweep?.id === id && run.status === 'completed') {
      const { point } = run.sweep;
      const known = found.get(point);
      if (!known || run.position < known.position) found.set(point, run);
    }
  return found;
}

/** Whether runs were measured on the same rows: otherwise their F1 cannot be compared. */
export const onSameRows = (compared: Iterable<Run>): boolean =>
  new Set([...compared].map(({ data }) => data?.splits.test.digest)).size <= 1;
