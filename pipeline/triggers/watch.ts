import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EventData, Fact } from '../../events/catalogue.ts';
import { encodeFacts } from '../../events/envelope.ts';
import { PawlError } from '../../events/errors.ts';
import { NO_STREAM } from '../../events/store.ts';
import { runStream } from '../../events/streams.ts';
import { type Run, runs } from '../../projections/runs.ts';
import { withLock } from '../lock.ts';
import { environment } from '../training/environment.ts';
import type { Workspace } from '../workspace.ts';
import { planRuns } from './plan.ts';
import { TrainingRepository } from './repository.git.ts';

/** A commit that somebody pushed. */
export type Pushed = Extract<EventData<'TrainingRunStarted'>['trigger'], { kind: 'push' }>;

export type WatchOptions = {
  readonly repository: string;
  readonly branch: string;
  readonly paths: readonly string[];
  readonly everyMs: number;
  /** Handle what is there now, and end. */
  readonly once: boolean;
};

export type WatchActions = {
  /** One whole run on the files of a commit, exported to a folder; its failure is recorded by the run itself. */
  readonly run: (commit: string, folder: string, trigger: Pushed) => Promise<void>;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
};

/**
 * Starts a run for each new commit of a branch that touches the watched paths: one at a time, on this machine and among
 * processes; the newest wins; those overtaken are recorded as superseded. What was handled is known from the log, so it may
 * be stopped and started at will.
 */
export async function watch(workspace: Workspace, options: WatchOptions, actions: WatchActions): Promise<void> {
  const repository = new TrainingRepository(options.repository);
  const lock = workspace.path('.pawl/watch.lock');
  do {
    await withLock(lock, () => handleNew(workspace, repository, options, actions), { signal: actions.signal });
    if (!options.once) await sleep(options.everyMs, undefined, { signal: actions.signal }).catch(() => {});
  } while (!options.once && !actions.signal.aborted);
}

async function handleNew(
  workspace: Workspace,
  repository: TrainingRepository,
  { branch, paths }: WatchOptions,
  actions: WatchActions,
): Promise<void> {
  while (!actions.signal.aborted) {
    const handled = await handledCommits(workspace, repository.path, branch);
    const after = handled.at(-1);
    const commits = await repository.commits(branch, { paths, ...(after === undefined ? { limit: 1 } : { after }) });
    const plan = planRuns(commits, new Set(handled), after === undefined);
    for (const commit of plan.superseded)
      await recordSuperseded(workspace, trigger(repository.path, branch, commit), plan.run as string);
    if (plan.run === null) return;
    actions.say(`commit ${plan.run.slice(0, 12)} on ${branch}`);
    await runOn(repository, plan.run, trigger(repository.path, branch, plan.run), actions);
    // A commit that could not even be read has no run to be known by: leave it for the next look.
    if (!(await handledCommits(workspace, repository.path, branch)).includes(plan.run)) return;
  }
}

/** A commit that was overtaken while another run was at work: recorded, so that nobody wonders. */
async function recordSuperseded(workspace: Workspace, by: Pushed, newer: string): Promise<void> {
  const { model, data, training } = workspace.config;
  const runId = workspace.newId();
  const started = {
    model,
    trainer: training.trainer,
    config: JSON.parse(JSON.stringify(training.config)),
    data: JSON.parse(JSON.stringify(data)),
    seed: training.seed,
    trigger: by,
    code: { commit: by.commit, dirty: false },
    environment: environment(),
  };
  const facts: Fact[] = [
    { type: 'TrainingRunStarted', data: started },
    {
      type: 'TrainingRunInterrupted',
      data: { cause: 'superseded', detail: `commit ${newer} came before it was its turn` },
    },
  ];
  const meta = {
    ...workspace.command,
    correlationId: runId,
    causationId: null,
    commandId: `superseded:${by.commit}`,
    time: workspace.clock(),
  };
  await workspace.store().append(runStream(runId), NO_STREAM, encodeFacts(meta, facts));
}

const trigger = (repository: string, branch: string, commit: string): Pushed => ({
  kind: 'push',
  repository,
  branch,
  commit,
});

/** Commits of this branch that have a run, in the order of their runs. */
async function handledCommits(workspace: Workspace, repository: string, branch: string): Promise<string[]> {
  const mine = (r: Run): boolean =>
    r.trigger.kind === 'push' && r.trigger.repository === repository && r.trigger.branch === branch;
  const found = [...(await workspace.views()).rows(runs)]
    .filter(mine)
    .sort((a, b) => (a.startedAt < b.startedAt ? -1 : a.startedAt > b.startedAt ? 1 : 0));
  return found.map((r) => (r.trigger.kind === 'push' ? r.trigger.commit : ''));
}

async function runOn(
  repository: TrainingRepository,
  commit: string,
  by: Pushed,
  { run, say }: WatchActions,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-commit-'));
  try {
    await repository.export(commit, folder);
    await run(commit, folder, by);
  } catch (error) {
    if (!(error instanceof PawlError)) throw error;
    say(`commit ${commit.slice(0, 12)}: ${error.message}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
