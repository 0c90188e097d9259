import { writeFileSync } from 'node:fs';
import { type Run, runs } from '../../projections/runs.ts';
import type { Output } from '../output.ts';
import { parallelCoordinates } from '../plots/parallel-coordinates.ts';
import { duration, share, textTable } from '../table.ts';
import type { Workspace } from '../workspace.ts';
import { NotFoundError } from './not-found.ts';
import { claimedF1 } from './runs-list.ts';

/** The completed runs of a sweep, the best first: the settings in which they differ, and F1. */
export async function compareSweep(workspace: Workspace, out: Output, id: string, plot?: string): Promise<number> {
  const all = [...(await workspace.views()).rows(runs)];
  const found = all.filter((run) => run.sweep?.id === id && run.status === 'completed');
  if (found.length === 0) {
    const known = new Set(all.flatMap((run) => (run.sweep ? [run.sweep.id] : [])));
    throw new NotFoundError('sweep', id, [...known], 'pawl runs list');
  }
  const names = differing(found);
  const rows = found
    .map((run) => ({
      point: run.sweep?.point ?? 0,
      run: run.id,
      values: names.map((name) => valueAt(run.config, name)),
      f1: claimedF1(run) ?? 0,
      took: run.endedAt ? Date.parse(run.endedAt) - Date.parse(run.startedAt) : 0,
    }))
    .toSorted((a, b) => b.f1 - a.f1 || a.point - b.point);
  if (plot !== undefined)
    writeFileSync(
      plot,
      parallelCoordinates(
        names,
        'F1',
        rows.map(({ values, f1 }) => ({ values, result: f1 })),
      ),
    );
  const table = () =>
    textTable(
      ['point', ...names, 'F1', 'took', 'run'],
      rows.map(({ point, values, f1, took, run }) => [
        String(point),
        ...values.map(String),
        share(f1),
        duration(took),
        run,
      ]),
      [0, names.length + 1, names.length + 2],
    );
  out.result({ sweep: id, settings: names, runs: rows, plot: plot ?? null }, table);
  return 0;
}

type Scalar = string | number | boolean | null;

/** Paths of settings in which the runs differ. */
function differing(found: readonly Run[]): string[] {
  const paths = new Set(found.flatMap((run) => leaves(run.config)));
  return [...paths].filter((path) => new Set(found.map((run) => String(valueAt(run.config, path)))).size > 1).sort();
}

function leaves(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [path];
  return Object.entries(value).flatMap(([name, inner]) => leaves(inner, path === '' ? name : `${path}.${name}`));
}

function valueAt(config: unknown, path: string): Scalar {
  const found = path
    .split('.')
    .reduce<unknown>((inner, name) => (inner as Record<string, unknown> | null | undefined)?.[name], config);
  return typeof found === 'object' ? JSON.stringify(found) : ((found ?? null) as Scalar);
}
