import { canonicalJson } from '../../events/canonical-json.ts';
import { type Run, runs } from '../../projections/runs.ts';
import type { Listener } from '../progress.ts';
import type { SetupWorld } from '../registry-setup/setup.ts';
import { TrainingRepository } from '../source/repository.git.ts';
import type { Sweep } from '../sweep/read.ts';
import type { Promoting, Viewing } from '../world.ts';
import { findRun } from './find.ts';
import { firstRegistry, promoteRun } from './promote.ts';
import { startRun, type TrainWorld } from './train.ts';

export type PromoteBestWorld = TrainWorld & SetupWorld & Viewing & Promoting;

export type Promoted = { readonly run: string; readonly status: string; readonly version: number | null };

/** Trains a point on all training rows, unless that was done before, and takes it through the gate. */
export async function promoteBest(
  world: PromoteBestWorld,
  { found, index }: { readonly found: Sweep; readonly index: number },
  listener: Listener,
  signal: AbortSignal,
): Promise<Promoted> {
  const trainer = found.definition.trainer;
  const config = found.points[index]?.config ?? {};
  const before = await trainedBefore(world, found, config);
  const chosen = { trainer, config, sweep: null, holdOut: 0 };
  const runId = before?.id ?? (await startRun(world, listener, signal, { trigger: { kind: 'manual' }, chosen })).runId;
  const run = findRun(await world.views(), runId);
  if (run.model === world.config.model) await firstRegistry(world, run, listener, signal);
  const ended = await promoteRun(world, run, listener, { signal });
  return ended.kind === 'done'
    ? { run: runId, status: 'merged', version: ended.version }
    : { run: runId, status: ended.promotion.status, version: ended.promotion.candidate.version };
}

/**
 * The last completed run of the same settings, data options, seed and code: a run that was killed on its way to the
 * gate continues.
 */
async function trainedBefore(world: PromoteBestWorld, found: Sweep, config: unknown): Promise<Run | null> {
  const { model, training, data } = world.config;
  const wanted = json({
    ...{ model, seed: training.seed, trainer: found.trainer.name, config: found.trainer.config.parse(config) },
    ...{ data: { ...data, holdOut: 0 }, code: await new TrainingRepository(world.loaded.root).code() },
  });
  const same = [...(await world.views()).rows(runs)].filter(
    (run) =>
      run.status === 'completed' &&
      run.sweep === null &&
      json({
        ...{ model: run.model, seed: run.seed, trainer: run.trainer, config: run.config },
        ...{ data: run.dataOptions, code: run.code },
      }) === wanted,
  );
  return same.toSorted((a, b) => b.position - a.position)[0] ?? null;
}

/** As events keep it: undefined members are left out. */
const json = (value: unknown): string => canonicalJson(JSON.parse(JSON.stringify(value)));
