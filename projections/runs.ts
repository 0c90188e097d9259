import type { EventData } from '../events/catalogue.ts';
import type { EventOf, Projection } from './projection.ts';

type Types =
  | 'TrainingRunStarted'
  | 'DatasetPinned'
  | 'MetricLogged'
  | 'EpochCompleted'
  | 'ArtifactStored'
  | 'ModelEvaluated'
  | 'TrainingRunCompleted'
  | 'TrainingRunFailed'
  | 'TrainingRunInterrupted';

type Metric = EventData<'MetricLogged'>['value'];
type Evaluation = Omit<EventData<'ModelEvaluated'>, 'durationMs'>;

/**
 * One training run: how it began, its state now, and its result. Metrics keep their last value; the log has the
 * history.
 */
export type Run = {
  readonly id: string;
  readonly status: 'running' | 'completed' | 'failed' | 'interrupted';
  readonly model: string;
  readonly trainer: string;
  readonly seed: number;
  readonly config: EventData<'TrainingRunStarted'>['config'];
  /** The options that found the rows. */
  readonly dataOptions: EventData<'TrainingRunStarted'>['data'];
  readonly trigger: EventData<'TrainingRunStarted'>['trigger'];
  readonly code: EventData<'TrainingRunStarted'>['code'];
  readonly environment: EventData<'TrainingRunStarted'>['environment'];
  readonly sweep: EventData<'TrainingRunStarted'>['sweep'];
  readonly startedAt: string;
  /** Of its first event in the log, which orders runs: clocks may go back. */
  readonly position: number;
  readonly endedAt: string | null;
  /** Of the event that ended it. */
  readonly endPosition: number | null;
  readonly data: EventData<'DatasetPinned'> | null;
  readonly epochs: { readonly done: number; readonly of: number } | null;
  readonly metrics: Readonly<Record<string, Metric>>;
  readonly metricPoints: number;
  readonly artifacts: readonly EventData<'ArtifactStored'>[];
  readonly evaluations: readonly Evaluation[];
  readonly candidate: EventData<'TrainingRunCompleted'>['candidate'] | null;
  readonly failure: { readonly code: string; readonly message: string } | null;
  /** Revision of the last event folded: the run's next event follows it. */
  readonly revision: number;
};

/** Metrics beyond this number keep their values in the log only, so that a row stays small. */
const MAX_METRICS = 200;
const MAX_ARTIFACTS = 100;

/** One row per run; keyed by run id. */
export const runs: Projection<Run, Types> = {
  name: 'runs',
  version: 3,
  types: [
    'TrainingRunStarted',
    'DatasetPinned',
    'MetricLogged',
    'EpochCompleted',
    'ArtifactStored',
    'ModelEvaluated',
    'TrainingRunCompleted',
    'TrainingRunFailed',
    'TrainingRunInterrupted',
  ],
  keys: (event) => [event.stream.slice('run-'.length)],
  evolve: (row, event) => {
    if (event.type === 'TrainingRunStarted') return row ?? started(event);
    return row && { ...row, ...change(row, event), revision: event.revision };
  },
};

function started(event: EventOf<'TrainingRunStarted'>): Run {
  const { data: dataOptions, ...rest } = event.data;
  return {
    id: event.stream.slice('run-'.length),
    status: 'running',
    ...rest,
    dataOptions,
    startedAt: event.time,
    position: event.position,
    endedAt: null,
    endPosition: null,
    data: null,
    epochs: null,
    metrics: {},
    metricPoints: 0,
    artifacts: [],
    evaluations: [],
    candidate: null,
    failure: null,
    revision: event.revision,
  };
}

const ended = ({ time, position }: EventOf<Types>) => ({ endedAt: time, endPosition: position });

function change(run: Run, event: EventOf<Exclude<Types, 'TrainingRunStarted'>>): Partial<Run> {
  switch (event.type) {
    case 'DatasetPinned':
      return { data: event.data };
    case 'MetricLogged':
      return { metrics: withMetrics(run, { [event.data.name]: event.data.value }), metricPoints: run.metricPoints + 1 };
    case 'EpochCompleted':
      return { epochs: { done: event.data.epoch, of: event.data.of }, metrics: withMetrics(run, event.data.metrics) };
    case 'ArtifactStored':
      return run.artifacts.length < MAX_ARTIFACTS ? { artifacts: [...run.artifacts, event.data] } : {};
    case 'ModelEvaluated': {
      const { durationMs: _, ...evaluation } = event.data;
      return { evaluations: [...run.evaluations, evaluation].slice(-MAX_ARTIFACTS) };
    }
    case 'TrainingRunCompleted':
      return { status: 'completed', ...ended(event), candidate: event.data.candidate };
    case 'TrainingRunFailed': {
      const { code, message } = event.data;
      return { status: 'failed', ...ended(event), failure: { code, message } };
    }
    case 'TrainingRunInterrupted':
      return {
        status: 'interrupted',
        ...ended(event),
        failure: { code: event.data.cause, message: event.data.detail },
      };
  }
}

function withMetrics(run: Run, latest: Readonly<Record<string, Metric>>): Readonly<Record<string, Metric>> {
  const metrics = { ...run.metrics, ...latest };
  return Object.keys(metrics).length <= MAX_METRICS ? metrics : run.metrics;
}
