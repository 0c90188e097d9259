import type { EventData, Fact } from '../../events/catalogue.ts';
import { encodeFacts } from '../../events/envelope.ts';
import { NO_STREAM, wholeLog } from '../../events/store.ts';
import { runStream } from '../../events/streams.ts';
import { Config } from '../../pipeline/config/config.ts';
import { loadConfig } from '../../pipeline/config/load.ts';
import { environment } from '../../pipeline/training/environment.ts';
import type { Pushed } from '../../pipeline/triggers/record.ts';
import { Workspace } from '../../pipeline/workspace.ts';
import { type Run, runs } from '../../projections/runs.ts';

/** What a commit may be by default. */
export const LIMITS = Config.parse({}).watch.limits;

export const workspaceIn = (folder: string): Workspace =>
  new Workspace(loadConfig({ file: undefined, flags: [], folder, env: {} }));

/** A run of a push as the log knows it. @returns its id */
export async function recordRun(workspace: Workspace, trigger: Pushed, ended: Fact | null): Promise<string> {
  const runId = workspace.newId();
  const { data, training, model } = workspace.config;
  const started: EventData<'TrainingRunStarted'> = {
    model,
    trainer: training.trainer,
    config: {},
    data: JSON.parse(JSON.stringify(data)),
    seed: 1,
    trigger,
    code: { commit: trigger.commit, dirty: false },
    environment: environment(),
    sweep: null,
  };
  const facts: Fact[] = [{ type: 'TrainingRunStarted', data: started }, ...(ended ? [ended] : [])];
  const meta = {
    ...workspace.command,
    correlationId: runId,
    causationId: null,
    commandId: runId,
    time: workspace.clock(),
  };
  await workspace.store().append(runStream(runId), NO_STREAM, encodeFacts(meta, facts));
  return runId;
}

const digest = `sha256:${'1'.repeat(64)}`;
export const COMPLETED: Fact = {
  type: 'TrainingRunCompleted',
  data: { candidate: { manifest: digest, model: digest, sizeBytes: 1 }, durationMs: 1 },
};

/** Runs of pushes in the order of the log, with their results. */
export async function pushedRuns(workspace: Workspace): Promise<{ commit: string; status: string }[]> {
  const views = await workspace.views();
  const found: Run[] = [];
  for await (const page of wholeLog(workspace.store()))
    for (const event of page) {
      const run = event.type === 'TrainingRunStarted' && views.get(runs, event.stream.slice('run-'.length));
      if (run) found.push(run);
    }
  return found.map((r) => ({
    commit: r.trigger.kind === 'push' ? r.trigger.commit : '',
    status: r.failure?.code ?? r.status,
  }));
}
