import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Run, runs } from '../../projections/runs.ts';
import type { Output } from '../output.ts';
import { sweepJob, sweepWorkflow } from '../sweep/elsewhere.ts';
import { SweepError } from '../sweep/errors.ts';
import { sweepId } from '../sweep/identity.ts';
import { type PointOutcome, runLocally } from '../sweep/local.ts';
import { readSweep, type Sweep } from '../sweep/read.ts';
import { share, textTable } from '../table.ts';
import type { Workspace } from '../workspace.ts';
import { type Command, type Invocation, text } from './command.ts';
import { UsageError } from './not-found.ts';
import { firstRegistry, promoteRun } from './promote.ts';
import { claimedF1 } from './runs-list.ts';
import { findRun } from './runs-show.ts';
import { startRun } from './train.ts';

const WORKFLOW = '.github/workflows/sweep.yml';

export const sweep: Command<Workspace> = {
  name: 'sweep',
  summary: 'try many settings of a trainer; each is a run, measured on rows held out of the training rows',
  details:
    'The file names a trainer, settings to vary and how to search them: see the README. A sweep that was stopped is taken up again by the same command: points that have a completed run are not run again. The test rows stay unseen; --promote-best trains the best point on all training rows and lets the gate judge it. Other executors write what runs the points elsewhere, on a log that all machines share.',
  json: true,
  arguments: [{ name: 'file', description: 'sweep.yaml' }],
  flags: [
    { flags: '--executor <kind>', description: 'local (default), github or kubernetes' },
    { flags: '--out <file>', description: 'other executors: where to write the workflow or manifest' },
    { flags: '--image <name>', description: 'kubernetes: the image that has pawl' },
    { flags: '--secret <name>', description: 'kubernetes: a Secret whose keys become variables' },
    { flags: '--promote-best', description: 'then train the best on all training rows, and promote it' },
  ],
  examples: [
    ['pawl sweep sweep.yaml', 'run what has not been run yet'],
    ['pawl sweep sweep.yaml --promote-best', 'and let the gate judge the best'],
    ['pawl sweep sweep.yaml --executor kubernetes --image registry.example/pawl:1 --out job.yaml', 'for a cluster'],
  ],
  async run(invocation) {
    const [file = ''] = invocation.args;
    const found = readSweep(file);
    const id = idOf(invocation.workspace, found);
    const executor = text(invocation, 'executor') ?? 'local';
    if (executor === 'local') return here(invocation, file, found, id);
    if (executor !== 'github' && executor !== 'kubernetes')
      throw new UsageError(`--executor is local, github or kubernetes, not ${executor}`);
    return elsewhere(invocation, file, found, { id, executor });
  },
};

/** The sweep's name with the workspace's settings. */
export const idOf = ({ config }: Workspace, found: Sweep): string =>
  sweepId(found, { model: config.model, seed: config.training.seed, data: config.data });

/** The completed runs of a sweep by point; of several the first. */
export function completedPoints(all: Iterable<Run>, id: string): Map<number, Run> {
  const found = new Map<number, Run>();
  for (const run of all)
    if (run.sweep?.id === id && run.status === 'completed' && !found.has(run.sweep.point))
      found.set(run.sweep.point, run);
  return found;
}

async function here(invocation: Invocation<Workspace>, file: string, found: Sweep, id: string): Promise<number> {
  const { workspace, out, signal } = invocation;
  const { points, definition } = found;
  const before = completedPoints((await workspace.views()).rows(runs), id);
  const left = points.filter(({ index }) => !before.has(index)).map(({ index }) => index);
  const failed: PointOutcome[] = [];
  let ended = points.length - left.length;
  out.progress.update('points', ended, points.length);
  await runLocally(left, {
    ...{ parallel: definition.parallel, memoryMegabytes: definition.memoryMegabytes, signal },
    folder: process.cwd(),
    command: (index) => pointCommand(workspace, file, index, id),
    onEnd: (outcome) => {
      if (!outcome.ok) failed.push(outcome);
      out.progress.update('points', ++ended, points.length);
    },
  });
  const done = completedPoints((await workspace.views()).rows(runs), id);
  const results = points.map(({ index, chosen }) => {
    const run = done.get(index);
    return { point: index, chosen, run: run?.id ?? null, f1: run ? claimedF1(run) : null };
  });
  const best = results.reduce<(typeof results)[number] | null>(
    (most, one) => ((one.f1 ?? -1) > (most?.f1 ?? -1) ? one : most),
    null,
  );
  const promoted =
    invocation.flags.promoteBest === true && best && failed.length === 0
      ? await promoteBest(workspace, out, signal, found, best.point)
      : null;
  const value = { sweep: id, points: points.length, skipped: before.size, results, best, failed, promoted };
  out.result(value, () => describe(value, Object.keys(definition.parameters)));
  return failed.length > 0 || promoted?.status === 'rejected' ? 1 : 0;
}

/** Flags that set something reach the point, too. */
function pointCommand({ loaded }: Workspace, file: string, index: number, id: string): string[] {
  const settings = loaded.request.flags.flatMap(({ path, text: value }) => ['--set', `${path}=${value}`]);
  const config = loaded.file === null ? [] : ['--config', loaded.file];
  const own = ['sweep', 'point', file, '--index', String(index), '--id', id, '--json'];
  return [process.argv[1] as string, ...config, ...settings, ...own];
}

async function promoteBest(workspace: Workspace, out: Output, signal: AbortSignal, found: Sweep, index: number) {
  const config = found.points[index]?.config ?? {};
  const { runId } = await startRun(workspace, out, signal, {
    trigger: { kind: 'manual' },
    chosen: { trainer: found.definition.trainer, config, sweep: null, holdOut: 0 },
  });
  const run = findRun(await workspace.views(), runId);
  if (run.model === workspace.config.model) await firstRegistry(workspace, run, out, signal);
  const ended = await promoteRun(workspace, run, out, { signal });
  return ended.kind === 'done'
    ? { run: runId, status: 'merged' as const, version: ended.version }
    : { run: runId, status: ended.promotion.status, version: null };
}

type Target = { readonly id: string; readonly executor: 'github' | 'kubernetes' };

async function elsewhere(invocation: Invocation<Workspace>, file: string, found: Sweep, { id, executor }: Target) {
  const { workspace, out } = invocation;
  const { config, loaded } = workspace;
  if (config.events.store === 'sqlite')
    throw new SweepError('other machines cannot append to a file of this one: set events.store to a shared log (git)');
  if (loaded.request.flags.length > 0)
    throw new SweepError(
      `flags that set something do not reach other machines: put ${loaded.request.flags.map((f) => f.flag).join(', ')} into pawl.yaml`,
    );
  const wanted = { id, points: found.points.length, parallel: found.definition.parallel };
  const image = text(invocation, 'image');
  if (executor === 'kubernetes' && image === undefined)
    throw new UsageError('give --image: what the Job runs pawl from');
  const written =
    executor === 'github'
      ? sweepWorkflow(wanted, file, config.registry.action)
      : sweepJob(wanted, {
          image: image as string,
          settings: loaded.file === null ? '' : readFileSync(loaded.file, 'utf8'),
          sweep: readFileSync(file, 'utf8'),
          secret: text(invocation, 'secret') ?? null,
        });
  const path = text(invocation, 'out') ?? (executor === 'github' ? WORKFLOW : 'sweep-job.yaml');
  mkdirSync(dirname(resolve(path)), { recursive: true });
  writeFileSync(path, written);
  const next = executor === 'github' ? 'commit it, then: gh workflow run sweep' : `kubectl apply -f ${path}`;
  out.result(
    { sweep: id, points: wanted.points, executor, file: path },
    () => `wrote ${path}: ${wanted.points} points of sweep ${id}\nnext: ${next}`,
  );
  return 0;
}

type Shown = {
  readonly sweep: string;
  readonly points: number;
  readonly skipped: number;
  readonly results: readonly {
    point: number;
    chosen: Readonly<Record<string, unknown>>;
    run: string | null;
    f1: number | null;
  }[];
  readonly best: { readonly run: string | null; readonly f1: number | null } | null;
  readonly failed: readonly PointOutcome[];
  readonly promoted: { readonly run: string; readonly status: string; readonly version: number | null } | null;
};

function describe(
  { sweep: id, points, skipped, results, best, failed, promoted }: Shown,
  names: readonly string[],
): string {
  const sorted = results.toSorted((a, b) => (b.f1 ?? -1) - (a.f1 ?? -1)).slice(0, 20);
  const rows = sorted.map(({ point, chosen, run, f1 }) => [
    String(point),
    ...names.map((name) => String(chosen[name])),
    f1 === null ? '–' : share(f1),
    run ?? '–',
  ]);
  return [
    `sweep ${id}: ${points} points${skipped > 0 ? `, ${skipped} of them run before` : ''}; F1 on rows held out of the training rows`,
    textTable(['point', ...names, 'F1', 'run'], rows, [0, names.length + 1]),
    ...failed.map(({ index, message }) => `point ${index} failed: ${message.split('\n')[0]}`),
    ...(promoted
      ? [
          `best point, trained on all rows: run ${promoted.run} is ${promoted.status}${promoted.version === null ? '' : ` as v${promoted.version}`}`,
        ]
      : []),
    best?.run ? `next: pawl runs compare --sweep ${id} --plot sweep.svg` : 'no point has completed',
  ].join('\n\n');
}
