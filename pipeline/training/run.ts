import { join } from 'node:path';
import type { EventData, Fact } from '../../events/catalogue.ts';
import { PawlError } from '../../events/errors.ts';
import { digestOf } from '../../registry-repo/digest.ts';
import type { Averaging } from '../../registry-repo/f1.ts';
import type { Dataset } from '../data/load.ts';
import type { Progress } from '../progress.ts';
import { type Candidate, packCandidate } from './candidate.ts';
import { environment } from './environment.ts';
import { RunHistory } from './history.ts';
import { RunJournal } from './journal.ts';
import type { RunPorts, RunRequest } from './request.ts';
import type { Report } from './trainer.ts';

export type RunOutcome = { readonly runId: string; readonly candidate: Candidate };

/**
 * Makes one training run, from its first event to its last. Its candidate is in the artifact store before the log names
 * it. The run ends in `TrainingRunCompleted`, `TrainingRunFailed` (and throws) or, when the signal aborts,
 * `TrainingRunInterrupted`. If its process is killed, the next reconciliation ends it.
 *
 * @param load gives the rows; if it fails, nothing is recorded, except for runs that a push has asked for
 */
export async function runTraining(
  ports: RunPorts,
  request: RunRequest,
  load: () => Promise<Dataset>,
): Promise<RunOutcome> {
  const { clock, newId, command, store } = ports;
  const runId = newId();
  const started = clock();
  const meta = { ...command, correlationId: runId, causationId: null };
  const journal = new RunJournal({ store, runId, clock, command: meta });
  const first: Fact = { type: 'TrainingRunStarted', data: startedData(request) };
  try {
    const dataset = await loadFor(request, load, () => journal.record(first));
    journal.record(first, { type: 'DatasetPinned', data: { ...dataset.facts, labels: [...dataset.facts.labels] } });
    await journal.flush();
    const candidate = await train(ports, request, { runId, dataset, journal, started });
    journal.record({
      type: 'TrainingRunCompleted',
      data: { candidate: candidate.ref, durationMs: since(started, clock) },
    });
    await journal.flush();
    return { runId, candidate };
  } catch (error) {
    if (journal.began) await end(journal, ports, error, since(started, clock));
    throw error;
  }
}

const since = (started: Date, clock: () => Date): number => Math.max(0, clock().getTime() - started.getTime());

function startedData({
  model,
  trainer,
  config,
  dataOptions,
  seed,
  trigger,
  code,
  sweep = null,
}: RunRequest): EventData<'TrainingRunStarted'> {
  return {
    model,
    trainer: trainer.name,
    config: json(config),
    data: json(dataOptions),
    seed,
    trigger,
    code,
    environment: environment(),
    sweep,
  };
}

/** What JSON keeps of a value: a config may hold `undefined`. */
const json = (value: Record<string, unknown>): EventData<'TrainingRunStarted'>['config'] =>
  JSON.parse(JSON.stringify(value)) as EventData<'TrainingRunStarted'>['config'];

async function loadFor({ trigger }: RunRequest, load: () => Promise<Dataset>, begin: () => void): Promise<Dataset> {
  try {
    return await load();
  } catch (error) {
    if (trigger.kind === 'push') begin(); // the person who pushed should find out what happened
    throw error;
  }
}

type Stage = {
  readonly runId: string;
  readonly dataset: Dataset;
  readonly journal: RunJournal;
  readonly started: Date;
};

async function train(ports: RunPorts, request: RunRequest, stage: Stage): Promise<Candidate> {
  const { dataset, journal } = stage;
  const { trainer, seed, workers, config } = request;
  const averaging = await request.averaging(dataset.facts.labels);
  const folders = {
    ...ports.folders,
    checkpoints: join(ports.folders.checkpoints, sameRun(request, dataset, averaging)),
  };
  const rows = { rows: dataset.train, labels: dataset.facts.labels, averaging, unlabelled: dataset.unlabelled };
  const context = { ...rows, folders, hub: ports.hub, apart: ports.apart, seed, workers, signal: ports.signal };
  const history = new RunHistory();
  const report = history.watch(reportTo(journal, ports.progress));
  const trained = await trainer.train({ ...context, report }, config as never);
  ports.signal.throwIfAborted();
  const anchor = await anchorOf(journal);
  const candidate = await packCandidate(ports, request, {
    ...stage,
    averaging,
    trained,
    history: history.series,
    anchor,
  });
  ports.signal.throwIfAborted();
  return candidate;
}

/** One name for all runs that would learn the same from the same. */
const sameRun = ({ trainer, seed, config }: RunRequest, { facts }: Dataset, averaging: Averaging): string =>
  digestOf(
    JSON.stringify([
      ...[trainer.name, seed, config, facts.labels, averaging],
      ...[facts.splits.train.digest, facts.unlabelled?.digest],
    ]),
  ).slice(7, 39);

async function anchorOf(journal: RunJournal): Promise<{ stream: string; revision: number; hash: string }> {
  await journal.flush();
  return { stream: journal.stream, ...journal.last };
}

/** Turns a trainer's reports into events and a progress bar. */
const reportTo = (journal: RunJournal, progress: Progress): Report => ({
  metric: (name, value, step) =>
    journal.record({ type: 'MetricLogged', data: { name, value: metricValue(value), step } }),
  epoch: ({ epoch, of, metrics, durationMs }) => {
    const values = Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, metricValue(value)]));
    journal.record({ type: 'EpochCompleted', data: { epoch, of, metrics: values, durationMs } });
  },
  progress: (stage, done, of) => progress.update(stage, done, of),
});

const metricValue = (value: number): EventData<'MetricLogged'>['value'] =>
  Number.isFinite(value) ? value : Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';

/** The last event of a run that did not complete. */
async function end(journal: RunJournal, { signal }: RunPorts, error: unknown, durationMs: number): Promise<void> {
  const message = (error instanceof Error ? error.message : String(error)).slice(0, 4000).toWellFormed();
  const code = error instanceof PawlError ? error.code : 'internal';
  const fact: Fact = signal.aborted
    ? { type: 'TrainingRunInterrupted', data: { cause: 'signal', detail: 'stopped by its user' } }
    : { type: 'TrainingRunFailed', data: { code, message, durationMs } };
  journal.record(fact);
  await journal.flush();
}
