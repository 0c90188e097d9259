import { type Run, runs } from '../../projections/runs.ts';
import { measureName } from '../../registry-repo/averaging.ts';
import type { Averaging } from '../../registry-repo/f1.ts';
import { denseCounts } from '../../registry-repo/stored-counts.ts';
import { f1Interval } from '../evaluation/intervals.ts';
import { claimedF1, claimedMeasure } from '../operations/claimed.ts';
import { NotFoundError, UsageError } from '../operations/not-found.ts';
import { averagingFor } from '../operations/train.ts';
import type { Output } from '../output.ts';
import { parallelCoordinates } from '../plots/parallel-coordinates.ts';
import { scatter } from '../plots/scatter.ts';
import { completedPoints } from '../sweep/completed.ts';
import { duration, share, textTable } from '../table.ts';
import type { Workspace } from '../workspace.ts';
import { writeOutput } from '../write-output.ts';

type Wanted = { readonly id: string; readonly plot?: string | undefined; readonly scatter?: string | undefined };
type Scalar = string | number | boolean | null;
type Row = {
  readonly point: number;
  readonly run: string;
  readonly values: readonly Scalar[];
  /** The name of its F1. */
  readonly measure: string;
  readonly f1: number;
  readonly interval: readonly [number, number] | null;
  readonly took: number;
};

/** The completed points of a sweep, the best first: the settings in which they differ, and F1. */
export async function compareSweep(workspace: Workspace, out: Output, wanted: Wanted): Promise<number> {
  const { id, plot } = wanted;
  if (wanted.scatter !== undefined && plot === undefined)
    throw new UsageError('--scatter says what to draw: give --plot and a file, too');
  const all = [...(await workspace.views()).rows(runs)];
  const found = [...completedPoints(all, id).values()];
  if (found.length === 0) {
    const known = new Set(all.flatMap((run) => (run.sweep ? [run.sweep.id] : [])));
    throw new NotFoundError('sweep', id, [...known], 'pawl runs list');
  }
  const names = differing(found);
  const averaging = await averagingFor(workspace, found[0]?.model ?? '', found[0]?.data?.labels ?? []);
  const rows = rowsOf(averaging, found, names);
  const measure = common(rows, measureName(averaging));
  if (plot !== undefined) await writeOutput(workspace.here(plot), [drawn({ names, rows, measure }, wanted.scatter)]);
  const others = all.filter((run) => run.sweep?.id === id && run.status !== 'completed');
  const value = { sweep: id, measure, settings: names, runs: rows, others: counts(others), plot: plot ?? null };
  out.result(value, () => [table({ names, rows, measure }), ...othersText(value.others)].join('\n\n'));
  return 0;
}

function rowsOf(averaging: Averaging, found: readonly Run[], names: readonly string[]): Row[] {
  return found
    .map((run) => ({
      point: run.sweep?.point ?? 0,
      run: run.id,
      values: names.map((name) => valueAt(run.config, name)),
      measure: claimedMeasure(run, averaging) ?? measureName(averaging),
      f1: claimedF1(run) ?? 0,
      interval: intervalOf(run, averaging),
      took: run.endedAt ? Date.parse(run.endedAt) - Date.parse(run.startedAt) : 0,
    }))
    .toSorted((a, b) => b.f1 - a.f1 || a.point - b.point);
}

type Compared = { readonly names: readonly string[]; readonly rows: readonly Row[]; readonly measure: string };

/** The one name of every F1 compared. If names differ, all of them: then two runs cannot be compared. */
const common = (rows: readonly Row[], otherwise: string): string =>
  [...new Set(rows.map(({ measure }) => measure))].join(' / ') || otherwise;

/** Null also if F1 was measured by other rules than there are now. */
function intervalOf(run: Run, averaging: Averaging): readonly [number, number] | null {
  const last = run.evaluations.at(-1);
  const found = last ? f1Interval(last.labels, denseCounts(last.confusion), averaging) : null;
  return last && found && found.low <= last.f1 && last.f1 <= found.high ? [found.low, found.high] : null;
}

/** A scatter plot of the setting that was asked for, or of the only one; else all settings side by side. */
function drawn({ names, rows, measure }: Compared, asked: string | undefined): string {
  const name = asked ?? (names.length === 1 ? names[0] : undefined);
  if (name === undefined)
    return parallelCoordinates(
      names,
      measure,
      rows.map(({ values, f1 }) => ({ values, result: f1 })),
    );
  const at = names.indexOf(name);
  if (at < 0) throw new NotFoundError('varied setting', name, names, 'pawl runs compare --sweep');
  return scatter(
    name,
    measure,
    rows.map(({ values, f1, interval }) => ({ value: values[at] ?? null, result: f1, interval })),
  );
}

const table = ({ names, rows, measure }: Compared): string =>
  textTable(
    ['point', ...names, measure, '95 %', 'took', 'run'],
    rows.map(({ point, values, f1, interval, took, run }) => [
      String(point),
      ...values.map(String),
      share(f1),
      interval ? `${share(interval[0])}–${share(interval[1])}` : '–',
      duration(took),
      run,
    ]),
    [0, names.length + 1, names.length + 3],
  );

function counts(others: readonly Run[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { status } of others) found[status] = (found[status] ?? 0) + 1;
  return found;
}

const othersText = (others: Readonly<Record<string, number>>): string[] => {
  const parts = Object.entries(others).map(([status, count]) => `${count} ${status}`);
  return parts.length > 0 ? [`other runs of this sweep: ${parts.join(', ')}`] : [];
};

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
