import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { runs } from '../../projections/runs.ts';
import { UNNAMED } from '../../registry-repo/averaging.ts';
import type { LoadedConfig } from '../config/load.ts';
import { packageRoot } from '../package-info.ts';
import type { Listener } from '../progress.ts';
import { endDeadRuns } from '../promotion/reconcile.ts';
import { completedPoints, onSameRows } from '../sweep/completed.ts';
import { type PointOutcome, runLocally } from '../sweep/local.ts';
import type { Value } from '../sweep/points.ts';
import type { Sweep } from '../sweep/read.ts';
import { claimedF1, claimedMeasure } from './claimed.ts';
import { type PromoteBestWorld, type Promoted, promoteBest } from './promote-best.ts';
import { averagingFor } from './train.ts';

type PointResult = {
  readonly point: number;
  readonly chosen: Readonly<Record<string, Value>>;
  readonly run: string | null;
  readonly f1: number | null;
};

/** The results of all points of a sweep. */
export type Swept = {
  readonly sweep: string;
  /** The name of the points' F1. */
  readonly measure: string;
  readonly points: number;
  /** Points that were run before. */
  readonly skipped: number;
  readonly results: readonly PointResult[];
  /** The point with the highest F1; null if none has any. */
  readonly best: PointResult | null;
  readonly failed: readonly PointOutcome[];
  /** The result of promoting the best, if that was wanted and no point failed. */
  readonly promoted: Promoted | null;
};

/** The settings reach the processes of the points as they were given here. */
type SweepWorld = PromoteBestWorld & { readonly loaded: Pick<LoadedConfig, 'file' | 'request'> };

type Wanted = { readonly file: string; readonly found: Sweep; readonly id: string };

/** Runs the points that have no completed run yet in processes of this machine. */
export async function sweep(
  world: SweepWorld,
  { file, found, id }: Wanted,
  options: { readonly promoteBest: boolean },
  listener: Listener,
  signal: AbortSignal,
): Promise<Swept> {
  const { points } = found;
  await endDead(world); // of a sweep that was killed
  const before = completedPoints((await world.views()).rows(runs), id);
  const left = points.filter(({ index }) => !before.has(index)).map(({ index }) => index);
  const failed = await runAll(world, { file, found, id, left }, listener, signal);
  const done = completedPoints((await world.views()).rows(runs), id);
  const results = points.map(({ index, chosen }): PointResult => {
    const run = done.get(index);
    return { point: index, chosen, run: run?.id ?? null, f1: run ? claimedF1(run) : null };
  });
  const best = results.reduce<PointResult | null>(
    (most, one) => ((one.f1 ?? -1) > (most?.f1 ?? -1) ? one : most),
    null,
  );
  if (!onSameRows(done.values()))
    listener.say('some points were measured on other rows than others: the data have changed');
  const promoted =
    options.promoteBest && best && failed.length === 0
      ? await promoteBest(world, { found, index: best.point }, listener, signal)
      : null;
  const first = done.values().next().value;
  const averaging = first && (await averagingFor(world, first.model, first.data?.labels ?? []));
  const measure = [...new Set([...done.values()].map((run) => claimedMeasure(run, averaging)))].join(' / ') || UNNAMED;
  return { sweep: id, measure, points: points.length, skipped: before.size, results, best, failed, promoted };
}

/** @returns the points that failed, by number */
async function runAll(
  world: SweepWorld,
  { file, found, id, left }: Wanted & { readonly left: readonly number[] },
  listener: Listener,
  signal: AbortSignal,
): Promise<PointOutcome[]> {
  const { parallel, memoryMegabytes } = found.definition;
  const failed: PointOutcome[] = [];
  let ended = found.points.length - left.length;
  const show = () => listener.progress.update('points', ended, found.points.length);
  const threads = threadsFor(world, Math.min(parallel, left.length));
  show();
  await runLocally(left, {
    ...{ parallel, memoryMegabytes, signal, folder: world.loaded.request.folder, onTick: show },
    command: (index) => pointCommand(world, [...threads, ...['sweep', 'point', file, '--index', String(index)]], id),
    say: (line) => listener.say(line),
    onEnd: (outcome) => {
      if (!outcome.ok) failed.push(outcome);
      ended++;
    },
  });
  await endDead(world); // points that were ended for their memory
  return failed.sort((a, b) => a.index - b.index);
}

const endDead = (world: SweepWorld): Promise<string[]> => {
  const { clock, command } = world;
  return endDeadRuns({ store: world.store(), clock, command, views: () => world.views() });
};

/** Runs that run at the same time share the processors. The number of threads changes no model. */
const threadsFor = ({ config }: SweepWorld, parallel: number): string[] =>
  config.training.workers > 0 || parallel < 2
    ? []
    : ['--set', `training.workers=${Math.max(1, Math.floor(availableParallelism() / parallel))}`];

/** Flags that set something reach the point, too. */
function pointCommand({ loaded }: SweepWorld, words: readonly string[], id: string): string[] {
  const settings = loaded.request.flags.flatMap(({ path, text: value }) => ['--set', `${path}=${value}`]);
  const config = loaded.file === null ? [] : ['--config', loaded.file];
  return [join(packageRoot, 'dist/pipeline/cli.js'), ...config, ...settings, ...words, '--id', id, '--json'];
}
