import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { runs } from '../../projections/runs.ts';
import { UNNAMED } from '../../registry-repo/averaging.ts';
import { type Promoted, promoteBest } from '../operations/promote-best.ts';
import { averagingFor } from '../operations/train.ts';
import { packageRoot } from '../package-info.ts';
import { endDeadRuns } from '../promotion/reconcile.ts';
import { completedPoints, onSameRows } from '../sweep/completed.ts';
import { type PointOutcome, runLocally } from '../sweep/local.ts';
import type { Value } from '../sweep/points.ts';
import type { Sweep } from '../sweep/read.ts';
import { share, textTable } from '../table.ts';
import type { Workspace } from '../workspace.ts';
import type { Invocation } from './command.ts';
import { claimedF1, claimedMeasure } from './runs-list.ts';

/** Runs the points that have no completed run yet in processes of this machine, and tells what all of them have found. */
export async function sweepHere(invocation: Invocation<Workspace>, file: string, found: Sweep, id: string) {
  const { workspace, out } = invocation;
  const { points, definition } = found;
  await endDead(workspace); // of a sweep that was killed
  const before = completedPoints((await workspace.views()).rows(runs), id);
  const left = points.filter(({ index }) => !before.has(index)).map(({ index }) => index);
  const failed = await runAll(invocation, { file, found, id, left });
  const done = completedPoints((await workspace.views()).rows(runs), id);
  const results = points.map(({ index, chosen }) => {
    const run = done.get(index);
    return { point: index, chosen, run: run?.id ?? null, f1: run ? claimedF1(run) : null };
  });
  const best = results.reduce<(typeof results)[number] | null>(
    (most, one) => ((one.f1 ?? -1) > (most?.f1 ?? -1) ? one : most),
    null,
  );
  if (!onSameRows(done.values())) out.say('some points were measured on other rows than others: the data have changed');
  const wanted = invocation.flags.promoteBest === true;
  const promoted =
    wanted && best && failed.length === 0
      ? await promoteBest(workspace, { found, index: best.point }, out, invocation.signal)
      : null;
  const first = done.values().next().value;
  const averaging = first && (await averagingFor(workspace, first.model, first.data?.labels ?? []));
  const measure = [...new Set([...done.values()].map((run) => claimedMeasure(run, averaging)))].join(' / ') || UNNAMED;
  const value = { sweep: id, measure, points: points.length, skipped: before.size, results, best, failed, promoted };
  out.result(value, () => describe(value, Object.keys(definition.parameters), wanted));
  return failed.length > 0 || promoted?.status === 'rejected' ? 1 : 0;
}

type Work = { readonly file: string; readonly found: Sweep; readonly id: string; readonly left: readonly number[] };

/** @returns the points that failed, by number */
async function runAll({ workspace, out, signal }: Invocation<Workspace>, { file, found, id, left }: Work) {
  const { parallel, memoryMegabytes } = found.definition;
  const failed: PointOutcome[] = [];
  let ended = found.points.length - left.length;
  const show = () => out.progress.update('points', ended, found.points.length);
  const threads = threadsFor(workspace, Math.min(parallel, left.length));
  show();
  await runLocally(left, {
    ...{ parallel, memoryMegabytes, signal, folder: workspace.loaded.request.folder, onTick: show },
    command: (index) =>
      pointCommand(workspace, [...threads, ...['sweep', 'point', file, '--index', String(index)]], id),
    say: (line) => out.say(line),
    onEnd: (outcome) => {
      if (!outcome.ok) failed.push(outcome);
      ended++;
    },
  });
  await endDead(workspace); // those that were ended for their memory
  return failed.sort((a, b) => a.index - b.index);
}

const endDead = (workspace: Workspace): Promise<string[]> => {
  const { clock, command } = workspace;
  return endDeadRuns({ store: workspace.store(), clock, command, views: () => workspace.views() });
};

/** Runs side by side share the processors; how many threads there are changes no model. */
const threadsFor = ({ config }: Workspace, parallel: number): string[] =>
  config.training.workers > 0 || parallel < 2
    ? []
    : ['--set', `training.workers=${Math.max(1, Math.floor(availableParallelism() / parallel))}`];

/** Flags that set something reach the point, too. */
function pointCommand({ loaded }: Workspace, words: readonly string[], id: string): string[] {
  const settings = loaded.request.flags.flatMap(({ path, text: value }) => ['--set', `${path}=${value}`]);
  const config = loaded.file === null ? [] : ['--config', loaded.file];
  return [join(packageRoot, 'dist/pipeline/cli.js'), ...config, ...settings, ...words, '--id', id, '--json'];
}

type Shown = {
  readonly sweep: string;
  /** What the F1 of the points is called. */
  readonly measure: string;
  readonly points: number;
  readonly skipped: number;
  readonly results: readonly {
    point: number;
    chosen: Readonly<Record<string, Value>>;
    run: string | null;
    f1: number | null;
  }[];
  readonly best: { readonly run: string | null; readonly f1: number | null } | null;
  readonly failed: readonly PointOutcome[];
  readonly promoted: Promoted | null;
};

const MOST_ROWS = 20;
const MOST_FAILURES = 10;
const MOST_CHARACTERS = 400;

function describe(value: Shown, names: readonly string[], wanted: boolean): string {
  const { sweep: id, measure, points, skipped, results, failed, promoted } = value;
  const sorted = results.toSorted((a, b) => (b.f1 ?? -1) - (a.f1 ?? -1)).slice(0, MOST_ROWS);
  const rows = sorted.map(({ point, chosen, run, f1 }) => [
    String(point),
    ...names.map((name) => shown(chosen[name])),
    f1 === null ? '–' : share(f1),
    run ?? '–',
  ]);
  const failures = failed.map(
    ({ index, message }) => `point ${index} failed: ${message.replace(/\s*\n\s*/g, ' ').slice(0, MOST_CHARACTERS)}`,
  );
  return [
    `sweep ${id}: ${points} points${skipped > 0 ? `, ${skipped} of them run before` : ''}; ${measure} on rows held out of the training rows`,
    textTable(['point', ...names, measure, 'run'], rows, [0, names.length + 1]),
    ...(points > MOST_ROWS ? [`the best ${MOST_ROWS}; all: pawl runs compare --sweep ${id}`] : []),
    ...(failures.length > 0 ? [listed(failures)] : []),
    ...(promoted ? [promotedText(promoted)] : []),
    ...(wanted && failed.length > 0 ? ['nothing was promoted: the best may be among the points that failed'] : []),
    nextSteps(value),
  ].join('\n\n');
}

const nextSteps = ({ sweep: id, best, failed }: Shown): string =>
  [
    ...(failed.length > 0 ? ['next: the same command runs again what failed'] : []),
    best?.run ? `next: pawl runs compare --sweep ${id} --plot sweep.svg` : 'no point has completed',
  ].join('\n');

const shown = (value: Value | undefined): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));

const listed = (lines: readonly string[]): string =>
  [
    ...lines.slice(0, MOST_FAILURES),
    ...(lines.length > MOST_FAILURES ? [`and ${lines.length - MOST_FAILURES} more`] : []),
  ].join('\n');

const promotedText = ({ run, status, version }: Promoted): string =>
  `best point, trained on all rows: run ${run} is ${status}${version === null ? '' : ` as v${version}`}`;
