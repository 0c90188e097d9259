import * as z from 'zod';
import { define, onlyDense } from './definition.ts';
import { Count, Counts, Digest, Label, MetricValue, Milliseconds, ModelName, ObjectId, Share } from './values.ts';

/** What started a run. `push` names the commit of the training repository that asked for it. */
export const Trigger = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('manual') }),
  z.strictObject({
    kind: z.literal('push'),
    repository: z.string().min(1).max(1000),
    branch: z.string().min(1).max(300),
    commit: ObjectId,
  }),
]);
export type Trigger = z.infer<typeof Trigger>;

/** The machine and program of a run; `host` and `pid` help to tell a dead run from a slow one. */
export const Environment = z.strictObject({
  pawl: z.string(),
  node: z.string(),
  platform: z.string(),
  arch: z.string(),
  cpus: Count,
  host: z.string(),
  pid: Count,
});

/** The training code: `commit` is null outside a git checkout; `dirty` says that the working tree differed from it. */
export const Code = z.strictObject({ commit: ObjectId.nullable(), dirty: z.boolean() });

/** One split of a data set: `duplicates` are rows whose text occurs earlier in the same split. */
export const Split = z.strictObject({
  rows: Count,
  labels: z.record(Label, Count),
  duplicates: Count,
  digest: Digest,
});

const Json: z.ZodType = z.json();
const d = (hex: string) => `sha256:${hex.repeat(64)}`;

/** How held-out rows were drawn. Events from before this member was written mean the first way. */
const withFirstDraw = (config: unknown): unknown => {
  const asked = typeof config === 'object' && config !== null && 'validationShare' in config;
  return asked && !('validationDraw' in config) ? { ...config, validationDraw: 1 } : config;
};

/** Events of `run-<id>` streams: one training run from its start to its end. */
export const runEvents = {
  /** First event of every run stream. */
  TrainingRunStarted: define(
    'run',
    z.strictObject({
      model: ModelName,
      trainer: z.string().min(1).max(100),
      config: z.record(z.string(), Json),
      /** The options that found the rows. With them, the config and the seed, a run can be repeated. */
      data: z.record(z.string(), Json),
      seed: z.int().min(0).max(0xffff_ffff),
      trigger: Trigger,
      code: Code,
      environment: Environment,
      /** The sweep that the run is a point of. */
      sweep: z.strictObject({ id: z.string().regex(/^[0-9a-f]{12}$/), point: Count }).nullable(),
    }),
    {
      model: 'sentiment',
      trainer: 'nbsvm',
      config: { c: 3, bits: 22 },
      data: { kind: 'csv', path: 'reviews.csv' },
      seed: 1,
      trigger: { kind: 'push', repository: 'reviews', branch: 'main', commit: 'a'.repeat(40) },
      code: { commit: 'a'.repeat(40), dirty: false },
      environment: {
        pawl: '0.1.0',
        node: '20.20.2',
        platform: 'linux',
        arch: 'x64',
        cpus: 2,
        host: 'trainer-1',
        pid: 7,
      },
      sweep: null,
    },
    [(data) => ({ ...data, sweep: null }), (data) => ({ ...data, config: withFirstDraw(data.config) })],
  ),
  /**
   * The exact rows that the run learns from and is measured on. `leakage.rows`: test rows whose text is among the training
   * rows; `near`: number of other test rows that share at least `share` of their word 3-grams with a training row. `unlabelled`: texts
   * without labels that the run also learns from; `excluded`: number of these that were left out because they are test rows.
   */
  DatasetPinned: define(
    'run',
    z.strictObject({
      source: z.strictObject({ kind: z.string().min(1).max(50), location: z.string().max(1000) }),
      labels: z.array(Label).min(2),
      splits: z.strictObject({ train: Split, test: Split }),
      leakage: z.strictObject({
        rows: Count,
        examples: z.array(Digest).max(10),
        near: z.strictObject({ share: z.number().gt(0).max(1), rows: Count }).optional(),
      }),
      unlabelled: z
        .strictObject({ location: z.string().max(1000), rows: Count, excluded: Count, digest: Digest })
        .nullable(),
    }),
    {
      source: { kind: 'csv', location: 'reviews.csv' },
      labels: ['neg', 'pos'],
      splits: {
        train: { rows: 4, labels: { neg: 2, pos: 2 }, duplicates: 0, digest: d('1') },
        test: { rows: 2, labels: { neg: 1, pos: 1 }, duplicates: 0, digest: d('2') },
      },
      leakage: { rows: 1, examples: [d('3')] },
      unlabelled: null,
    },
    [(data) => ({ ...data, unlabelled: null })],
  ),
  /** One point of a metric's history. The trainer decides what `step` counts (updates, passes). */
  MetricLogged: define('run', z.strictObject({ name: z.string().min(1).max(200), value: MetricValue, step: Count }), {
    name: 'train/loss',
    value: 0.31,
    step: 12,
  }),
  EpochCompleted: define(
    'run',
    z.strictObject({
      epoch: z.int().min(1),
      of: z.int().min(1),
      metrics: z.record(z.string().max(200), MetricValue),
      durationMs: Milliseconds,
    }),
    { epoch: 1, of: 5, metrics: { 'train/loss': 0.31, 'train/gap': 'Infinity' }, durationMs: 812 },
  ),
  /** The artifact store holds bytes with this digest. */
  ArtifactStored: define(
    'run',
    z.strictObject({
      role: z.string().min(1).max(100),
      digest: Digest,
      sizeBytes: Count,
      mediaType: z.string().min(1).max(200),
    }),
    { role: 'model', digest: d('4'), sizeBytes: 8_400_000, mediaType: 'application/onnx' },
  ),
  /** The run's own measurement of the exported model: a claim. The gate measures again. */
  ModelEvaluated: define(
    'run',
    z.strictObject({
      model: Digest,
      dataset: Digest,
      split: z.string().min(1).max(100),
      labels: z.array(Label).min(2),
      confusion: Counts,
      f1: Share,
      durationMs: Milliseconds,
    }),
    {
      model: d('4'),
      dataset: d('2'),
      split: 'test',
      labels: ['neg', 'pos'],
      confusion: [
        [90, 10],
        [6, 94],
      ],
      f1: 0.9215686274509803,
      durationMs: 95,
    },
    [onlyDense],
  ),
  /** The run has a candidate: a content-addressed manifest that names the model's bytes. */
  TrainingRunCompleted: define(
    'run',
    z.strictObject({
      candidate: z.strictObject({ manifest: Digest, model: Digest, sizeBytes: Count }),
      durationMs: Milliseconds,
    }),
    { candidate: { manifest: d('5'), model: d('4'), sizeBytes: 8_400_000 }, durationMs: 9_400 },
  ),
  TrainingRunFailed: define(
    'run',
    z.strictObject({ code: z.string().min(1).max(100), message: z.string().max(4000), durationMs: Milliseconds }),
    { code: 'data_invalid', message: 'reviews.csv: no column "text"', durationMs: 12 },
  ),
  /**
   * The run's process ended without recording why (kill, power failure), and the process that detects this writes the event; or
   * an operator ended the run, which version 2 knows of.
   */
  TrainingRunInterrupted: define(
    'run',
    z.strictObject({
      cause: z.enum(['signal', 'process-gone', 'superseded', 'operator']),
      detail: z.string().max(1000),
    }),
    { cause: 'process-gone', detail: 'process 7 on trainer-1 is not running' },
    [(data) => data],
  ),
};
