import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Run } from '../../projections/runs.ts';
import type { Averaging } from '../../registry-repo/f1.ts';
import { RegistryAt } from '../../registry-repo/registry.ts';
import type { OpenModel } from '../../registry-repo/runtime/runtime.ts';
import { leakageLines } from '../data/leak.ts';
import { type Dataset, loadDataset } from '../data/load.ts';
import { DataOptions } from '../data/options.ts';
import type { Listener } from '../progress.ts';
import { measureOf } from '../registry-setup/rules.ts';
import { TrainingRepository } from '../source/repository.git.ts';
import type { Apart } from '../training/command/apart.ts';
import type { RunPorts, RunRequest } from '../training/request.ts';
import { type RunOutcome, runTraining } from '../training/run.ts';
import type { Trainer } from '../training/trainer.ts';
import { trainers } from '../training/trainers.ts';
import type { Forging, Minting, Networked, Places, Recording, Rooted, Settings, Storing } from '../world.ts';
import { loadContext } from './dataset.ts';
import { NotFoundError } from './not-found.ts';

/** What a run needs. */
export type TrainWorld = Places &
  Rooted &
  Minting &
  Recording &
  Storing &
  Forging &
  Networked & { readonly openModel: OpenModel };

export type RunOptions = {
  readonly trigger: RunRequest['trigger'];
  /** A run whose data, trainer, settings and seed are taken instead of the configured ones. */
  readonly repeated?: Run | null;
  /** A trainer and settings instead of the configured ones, measured on rows held out of the training rows. */
  readonly chosen?: {
    readonly trainer: string;
    readonly config: Record<string, unknown>;
    readonly sweep: (RunRequest['sweep'] & {}) | null;
    readonly holdOut: number;
  };
  /** The commit that a push asked for, instead of what is checked out. */
  readonly code?: RunRequest['code'];
  /** Folder to which data paths are relative, instead of the configuration's. */
  readonly dataFolder?: string;
  /** What isolates a program of a commit. */
  readonly apart?: Apart | null;
};

/** Makes one run with the settings here, or another run's. */
export async function startRun(
  world: TrainWorld,
  listener: Listener,
  signal: AbortSignal,
  options: RunOptions,
): Promise<RunOutcome> {
  const { training, model, data } = world.config;
  const { repeated = null } = options;
  const { chosen } = options;
  const trainer = trainerNamed(chosen?.trainer ?? repeated?.trainer ?? training.trainer);
  const wanted = repeated ? DataOptions.parse(repeatedData(repeated)) : data;
  const dataOptions = chosen ? { ...wanted, holdOut: chosen.holdOut } : wanted;
  const context = {
    ...loadContext(world, listener, signal),
    ...(options.dataFolder ? { folder: options.dataFolder } : {}),
  };
  let dataset: Promise<Dataset> | undefined;
  const wants = { unlabelled: trainer.unlabelled === true, near: !chosen };
  const load = () =>
    (dataset ??= loadDataset(dataOptions, context, wants).then((found) => {
      for (const line of leakageLines(found.facts.leakage)) listener.say(`warning: ${line}`);
      return found;
    }));
  const request: RunRequest = {
    model: repeated?.model ?? model,
    trainer,
    config: trainer.config.parse(chosen?.config ?? repeated?.config ?? training.config) as Record<string, unknown>,
    seed: repeated?.seed ?? training.seed,
    workers: training.workers || availableParallelism(),
    trigger: options.trigger,
    sweep: chosen?.sweep ?? null,
    code: options.code ?? (await new TrainingRepository(world.loaded.root).code()),
    dataOptions: dataOptions as Record<string, unknown>,
    averaging: (labels) => averagingFor(world, repeated?.model ?? model, labels),
  };
  const ports = runPorts(world, listener, signal, options.dataFolder);
  return runTraining({ ...ports, apart: options.apart ?? null }, request, load);
}

/** @param folder to which paths in a trainer's settings are relative; if left out, the configuration's */
export function runPorts(
  world: TrainWorld,
  { progress }: Pick<Listener, 'progress'>,
  signal: AbortSignal,
  folder = world.loaded.root,
): RunPorts {
  const cache = world.path(world.config.cache.path);
  return {
    store: world.store(),
    artifacts: world.artifacts(),
    clock: world.clock,
    newId: world.newId,
    command: world.command,
    folders: { config: folder, cache, checkpoints: join(cache, 'checkpoints') },
    hub: { ...world.config.hub, fetch: world.fetch },
    apart: null,
    progress,
    openModel: world.openModel,
    signal,
  };
}

const repeatedData = (run: Run): unknown => run.dataOptions;

function trainerNamed(name: string): Trainer {
  const trainer = trainers.find((t) => t.name === name);
  if (trainer) return trainer;
  throw new NotFoundError(
    'trainer',
    name,
    trainers.map((t) => t.name),
    'pawl train --help',
  );
}

/**
 * F1 as the registry's rules measure it, so that the claim can be compared with the gate's; without a registry, as a
 * new one would.
 */
export async function averagingFor(
  world: Settings & Forging,
  model: string,
  labels: readonly string[],
): Promise<Averaging> {
  const forge = world.forge();
  const tip = await forge.sync().catch(() => null);
  const rules = tip && (await new RegistryAt(forge.git, tip).policy()).value.models[model];
  return rules ? measureOf(rules, labels, 'gate.json') : measureOf(world.config.policy, labels);
}
