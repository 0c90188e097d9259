import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Run } from '../../projections/runs.ts';
import { claimName } from '../../registry-repo/averaging.ts';
import type { Averaging } from '../../registry-repo/f1.ts';
import { RegistryAt } from '../../registry-repo/registry.ts';
import type { Dataset } from '../data/load.ts';
import { loadDataset } from '../data/load.ts';
import { DataOptions } from '../data/options.ts';
import type { Output } from '../output.ts';
import { measureOf } from '../registry-setup/rules.ts';
import { TrainingRepository } from '../source/repository.git.ts';
import { bytes, duration, share } from '../table.ts';
import type { RunPorts, RunRequest } from '../training/request.ts';
import { type RunOutcome, runTraining } from '../training/run.ts';
import type { Trainer } from '../training/trainer.ts';
import { trainers } from '../training/trainers.ts';
import { pushTrigger } from '../triggers/push.ts';
import type { Workspace } from '../workspace.ts';
import { type Command, type Invocation, text } from './command.ts';
import { DATA_FLAGS, loadContext } from './dataset.ts';
import { NotFoundError, UsageError } from './not-found.ts';
import { findRun, leakageLines } from './runs-show.ts';

export const train: Command<Workspace> = {
  name: 'train',
  memory: 'computes',
  summary: 'train a model; what comes of it is a candidate for promotion',
  details:
    'Everything the run does is recorded as events. The candidate is stored, but not in production: that takes `pawl promote`.',
  json: true,
  arguments: [
    {
      name: 'command',
      description: 'after `--`: the program of the trainer `command`',
      optional: true,
      variadic: true,
    },
  ],
  flags: [
    ...DATA_FLAGS,
    {
      flags: '--unlabelled <path>',
      description: 'texts without labels, for trainers that learn from them too: a file, folder or archive',
      setting: 'data.unlabelled',
      path: true,
    },
    { flags: '--model <name>', description: 'name of the model', setting: 'model' },
    {
      flags: '--trainer <name>',
      description: `how to train: ${trainers.map((t) => t.name).join(', ')}`,
      setting: 'training.trainer',
    },
    {
      flags: '--seed <n>',
      description: 'with the same data and settings, the same seed gives the same bytes',
      setting: 'training.seed',
    },
    { flags: '--workers <n>', description: 'threads; 0 for one a processor', setting: 'training.workers' },
    {
      flags: '--backend <name>',
      description: 'what computes, for trainers that use TensorFlow.js: auto, or one of `pawl backend list`',
      setting: 'training.config.backend',
    },
    { flags: '--like <run>', description: 'repeat a run: its data, trainer, settings and seed' },
    {
      flags: '--trigger <kind>',
      description: 'what the run comes of: manual, or push for the push that started this job',
    },
  ],
  examples: [
    ['pawl train', 'with the settings of pawl.yaml, or the sample data'],
    ['pawl train --dataset imdb --data aclImdb_v1.tar.gz', 'film reviews from a local archive'],
    ['pawl train --trainer nbsvm-dv --unlabelled more.txt', 'learns from texts without labels, too'],
    ['pawl train --trainer distilbert --backend tensorflow', 'fine-tune a transformer'],
    ['pawl train --trainer command -- python train.py', 'a program of your own'],
    ['pawl train --like 1v8k2m0p4qxa', 'is that run reproducible?'],
    ['pawl train --trigger push', 'in a workflow: the run names repository, branch and commit'],
  ],
  async run(invocation) {
    const { workspace, out, signal } = invocation;
    const like = text(invocation, 'like');
    const repeated = like === undefined ? null : findRun(await workspace.views(), like);
    const started = performance.now();
    const trigger = await triggerOf(text(invocation, 'trigger'), workspace);
    const outcome = await startRun(workspace, out, signal, { repeated, trigger, ...programOf(invocation) });
    report(out, outcome, repeated, performance.now() - started);
    return 0;
  },
};

/** Words after `--` are a program that trains. @throws {UsageError} for other trainers */
function programOf({ args, workspace }: Invocation<Workspace>): Pick<RunOptions, 'chosen'> {
  if (args.length === 0) return {};
  const { trainer, config } = workspace.config.training;
  if (trainer !== 'command')
    throw new UsageError(`${args[0]} …: only the trainer \`command\` takes a program (--trainer command)`);
  const { holdOut } = workspace.config.data;
  return { chosen: { trainer, config: { ...config, command: [...args] }, sweep: null, holdOut } };
}

/** @throws {UsageError} @throws {PushUnknownError} */
async function triggerOf(kind = 'manual', workspace: Workspace): Promise<RunRequest['trigger']> {
  if (kind === 'manual') return { kind };
  if (kind === 'push') return pushTrigger(process.env, new TrainingRepository(workspace.loaded.root));
  throw new UsageError(`--trigger is manual or push, not ${kind}`);
}

type RunOptions = {
  readonly trigger: RunRequest['trigger'];
  /** A run whose data, trainer, settings and seed to take instead of the configured ones. */
  readonly repeated?: Run | null;
  /** A trainer and settings instead of the configured ones, measured on rows held out of the training rows. */
  readonly chosen?: {
    readonly trainer: string;
    readonly config: Record<string, unknown>;
    readonly sweep: (RunRequest['sweep'] & {}) | null;
    readonly holdOut: number;
  };
  /** The commit a push has asked for, instead of what is checked out. */
  readonly code?: RunRequest['code'];
  /** Folder that relative data paths start from, instead of the configuration's. */
  readonly dataFolder?: string;
};

/** One run with the workspace's settings, or another run's. */
export async function startRun(
  workspace: Workspace,
  out: Output,
  signal: AbortSignal,
  options: RunOptions,
): Promise<RunOutcome> {
  const { training, model, data } = workspace.config;
  const { repeated = null } = options;
  const { chosen } = options;
  const trainer = trainerNamed(chosen?.trainer ?? repeated?.trainer ?? training.trainer);
  const wanted = repeated ? DataOptions.parse(repeatedData(repeated)) : data;
  const dataOptions = chosen ? { ...wanted, holdOut: chosen.holdOut } : wanted;
  const context = {
    ...loadContext(workspace, out, signal),
    ...(options.dataFolder ? { folder: options.dataFolder } : {}),
  };
  let dataset: Promise<Dataset> | undefined;
  const wants = { unlabelled: trainer.unlabelled === true, near: !chosen };
  const load = () =>
    (dataset ??= loadDataset(dataOptions, context, wants).then((found) => {
      for (const line of leakageLines(found.facts.leakage)) out.say(`warning: ${line}`);
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
    code: options.code ?? (await new TrainingRepository(workspace.loaded.root).code()),
    dataOptions: dataOptions as Record<string, unknown>,
    averaging: (labels) => averagingFor(workspace, repeated?.model ?? model, labels),
  };
  return runTraining(runPorts(workspace, out, signal, options.dataFolder), request, load);
}

/** @param folder where relative paths in a trainer's settings start; the configuration's without one */
export function runPorts(
  workspace: Workspace,
  { progress }: Output,
  signal: AbortSignal,
  folder = workspace.loaded.root,
): RunPorts {
  const cache = workspace.path(workspace.config.cache.path);
  return {
    store: workspace.store(),
    artifacts: workspace.artifacts(),
    clock: workspace.clock,
    newId: workspace.newId,
    command: workspace.command,
    folders: { config: folder, cache, checkpoints: join(cache, 'checkpoints') },
    hub: workspace.config.hub,
    progress,
    openModel: workspace.openModel,
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

/** As the registry's rules measure it, so that the claim can be held against the gate; as a new registry would, without one. */
export async function averagingFor(workspace: Workspace, model: string, labels: readonly string[]): Promise<Averaging> {
  const forge = workspace.forge();
  const tip = await forge.sync().catch(() => null);
  const rules = tip && (await new RegistryAt(forge.git, tip).policy()).value.models[model];
  return rules ? measureOf(rules, labels, 'gate.json') : measureOf(workspace.config.policy, labels);
}

export function report(out: Output, { runId, candidate }: RunOutcome, repeated: Run | null, ms: number): void {
  const { manifest, ref } = candidate;
  const same = repeated?.candidate ? repeated.candidate.model === ref.model : null;
  const value = {
    run: runId,
    candidate: ref,
    measure: claimName(manifest),
    f1: manifest.claimed.f1,
    confusion: manifest.claimed.confusion,
    sameModelBytes: same,
  };
  out.result(value, () =>
    [
      `run ${runId}: ${value.measure} ${share(manifest.claimed.f1)} on ${manifest.data.test.rows} test rows, ${bytes(ref.sizeBytes)}, in ${duration(ms)}`,
      ...(same === null
        ? []
        : [same ? `the same model bytes as run ${repeated?.id}` : `other model bytes than run ${repeated?.id}`]),
      `candidate ${ref.manifest}`,
      `next: pawl promote ${runId}`,
    ].join('\n'),
  );
}
