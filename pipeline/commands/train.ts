import type { Run } from '../../projections/runs.ts';
import { claimName } from '../../registry-repo/averaging.ts';
import { findRun } from '../operations/find.ts';
import { UsageError } from '../operations/not-found.ts';
import { type RunOptions, startRun } from '../operations/train.ts';
import type { Output } from '../output.ts';
import { TrainingRepository } from '../source/repository.git.ts';
import { bytes, duration, share } from '../table.ts';
import type { RunRequest } from '../training/request.ts';
import type { RunOutcome } from '../training/run.ts';
import { trainers } from '../training/trainers.ts';
import { pushTrigger } from '../triggers/push.ts';
import type { Workspace } from '../workspace.ts';
import { type Command, type Invocation, text } from './command.ts';
import { DATA_FLAGS } from './dataset.ts';
import { refuse } from './refuse.ts';

export const train: Command<Workspace> = {
  memory: 'computes',
  details:
    'The run records everything it does as events. The candidate is stored, but not in production: `pawl promote` puts it there.',
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
    { flags: '--workers <n>', description: 'threads; 0 for one for each processor', setting: 'training.workers' },
    {
      flags: '--backend <name>',
      description: 'backend, for trainers that use TensorFlow.js: auto, or one of `pawl backend list`',
      setting: 'training.config.backend',
    },
    { flags: '--like <run>', description: 'repeat a run: its data, trainer, settings and seed' },
    {
      flags: '--trigger <kind>',
      description: 'what started the run: manual, or push for the push that started this job',
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
    requireUse(invocation);
    const like = text(invocation, 'like');
    const repeated = like === undefined ? null : findRun(await workspace.views(), like);
    const started = performance.now();
    const trigger = await triggerOf(text(invocation, 'trigger'), workspace);
    const outcome = await startRun(workspace, out, signal, { repeated, trigger, ...programOf(invocation) });
    report(out, outcome, repeated, performance.now() - started);
    return 0;
  },
};

const OF_THE_RUN = ['--dataset', '--data', '--unlabelled', '--model', '--trainer', '--seed', '--backend'];

/** @throws {UsageError} for what this run would not look at */
function requireUse(invocation: Invocation<Workspace>): void {
  if (invocation.flags.like !== undefined) {
    refuse(invocation, OF_THE_RUN, 'with --like, data, trainer, settings and seed are those of the run it repeats');
    if (invocation.args.length > 0)
      throw new UsageError(`${invocation.args[0]} …: with --like, the program is that of the run it repeats`);
  }
  const { trainer } = invocation.workspace.config.training;
  if (trainers.find(({ name }) => name === trainer)?.unlabelled === true) return;
  const able = trainers.filter(({ unlabelled }) => unlabelled === true).map(({ name }) => name);
  refuse(
    invocation,
    ['--unlabelled'],
    `the trainer ${trainer} learns nothing from texts without labels: give --trainer ${able.join(' or ')}`,
  );
}

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
  if (kind === 'push') return pushTrigger(workspace.env, new TrainingRepository(workspace.loaded.root));
  throw new UsageError(`--trigger is manual or push, not ${kind}`);
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
