import { availableParallelism } from 'node:os';
import { measureName } from '../../registry-repo/averaging.ts';
import type { OpenModel } from '../../registry-repo/runtime/runtime.ts';
import { optionsAt } from '../data/guess.ts';
import { loadRows } from '../data/load.ts';
import { DataOptions } from '../data/options.ts';
import { endable } from '../endable.ts';
import { bootstrapF1, fewRows } from '../evaluation/bootstrap.ts';
import { countPredictions } from '../evaluation/counts.ts';
import { CONFIDENCE, type Interval, intervalsOf } from '../evaluation/intervals.ts';
import { metricsOf } from '../evaluation/metrics.ts';
import { type Answers, answersOwn, probabilityMetrics } from '../evaluation/probabilities.ts';
import { type Reliability, reliability } from '../evaluation/reliability.ts';
import { countSlices, readSlices, type SliceCounts } from '../evaluation/slices.ts';
import { type WorstError, worstErrors } from '../evaluation/worst-errors.ts';
import type { Listener } from '../progress.ts';
import type { Forging, Networked, Places, Rooted, Storing, Viewing } from '../world.ts';
import { loadContext } from './dataset.ts';
import { modelFor } from './model.ts';
import { UsageError } from './not-found.ts';
import { averagingFor } from './train.ts';

/** The number of errors that are listed. */
const WORST = 10;
/** The figure of `metricsOf` that each measure is. */
const FIGURES = { binary: 'f1', macro: 'f1_macro', weighted: 'f1_weighted' } as const;

type World = Places & Rooted & Networked & Viewing & Storing & Forging & { readonly openModel: OpenModel };

export type Asked = {
  /** A run or a version, as typed. */
  readonly model: string;
  /** The file of rows; without it, the configured data. */
  readonly data: string | undefined;
  /** Folder to which `data` is relative. */
  readonly folder: string;
  /** Column or key that says where a row came from. */
  readonly source: string | undefined;
  /** File with named word lists. */
  readonly slices: string | undefined;
};

export type Evaluated = {
  readonly model: string;
  readonly rows: number;
  readonly labels: readonly string[];
  /** Name of the F1 that the gate compares. */
  readonly measure: string;
  readonly positive: string | null;
  readonly confusion: number[][];
  readonly metrics: Readonly<Record<string, number>>;
  readonly confidence: number;
  readonly intervals: Readonly<Record<string, Interval>>;
  /** How many of the labels have rows: means over labels are over these. */
  readonly present: number;
  /** `fewRows`: labels that have too few rows for an interval. */
  readonly bootstrap: {
    readonly figure: string;
    readonly interval: Interval | null;
    readonly fewRows: readonly string[];
  };
  readonly slices: readonly (SliceCounts & {
    readonly present: number;
    readonly metrics: Readonly<Record<string, number>>;
  })[];
  readonly reliability: Reliability;
  readonly worst: readonly WorstError[];
  readonly seconds: number;
};

/** Measures a run's or version's model on labelled rows; nothing is recorded. @throws {UsageError} {NotFoundError} {DataError} */
export async function evaluateModel(
  world: World,
  { model: wanted, data: path, folder, source: sourceColumn, slices: sliceFile }: Asked,
  listener: Pick<Listener, 'progress'>,
  signal: AbortSignal,
) {
  const { manifest, files, name } = await modelFor(world, wanted);
  const context = loadContext(world, listener, signal);
  const given = path === undefined ? world.config.data : await optionsAt(path, folder);
  const options = withSource(given, sourceColumn);
  const { rows, source, origins } = await loadRows(
    options,
    manifest.labels,
    path === undefined ? context : { ...context, folder },
  );
  const userSlices = sliceFile === undefined ? [] : readSlices(sliceFile, folder);
  const runtime = await world.openModel({ manifest, files }, { threads: availableParallelism() });
  try {
    const started = performance.now();
    const { labels } = manifest;
    const truth = new Int32Array(rows.length);
    const predicted = new Int32Array(rows.length);
    const probabilities = new Float32Array(rows.length * labels.length);
    const { confusion } = await countPredictions(
      runtime,
      rows,
      (done, of) => listener.progress.update('evaluating', done, of),
      (answered) => {
        truth[answered.row] = answered.truth;
        predicted[answered.row] = answered.predicted;
        probabilities.set(answered.probabilities, answered.row * labels.length);
      },
    );
    const seconds = (performance.now() - started) / 1000;
    const averaging = await averagingFor(world, manifest.model, labels);
    const { positive } = averaging;
    return await endable(signal, () => ({
      model: name,
      data: source,
      rows: rows.length,
      labels,
      measure: measureName(averaging),
      positive,
      confusion,
      metrics: {
        ...metricsOf(labels, confusion, positive),
        ...probabilityMetrics({ truth, probabilities, labels: labels.length }),
      },
      confidence: CONFIDENCE,
      intervals: intervalsOf(labels, confusion, positive),
      present: presentIn(confusion),
      bootstrap: {
        figure: FIGURES[averaging.average],
        interval: bootstrapF1(labels, { truth, predicted: [predicted] }, averaging, name)?.each[0] ?? null,
        fewRows: fewRows(labels, truth),
      },
      slices: countSlices(rows, { truth, predicted, labels: labels.length }, userSlices, origins).map((slice) => ({
        ...slice,
        present: presentIn(slice.confusion),
        metrics: metricsOf(labels, slice.confusion, positive),
      })),
      reliability: reliabilityOf({ truth, probabilities, labels: labels.length }),
      worst: worstErrors(rows, labels, { predicted, probabilities }, WORST),
      seconds,
    }));
  } finally {
    await runtime.release();
  }
}

/** Of two labels, about the second's probability, as `ece_15` is; else about each answer's own. */
function reliabilityOf(answers: Answers): Reliability {
  const { truth, probabilities, labels } = answers;
  if (labels === 2) {
    const second = Array.from(truth, (_, i) => probabilities[2 * i + 1] as number);
    return reliability(truth, second);
  }
  const { scores, right } = answersOwn(answers);
  return reliability(right, scores);
}

/** @throws {UsageError} if rows cannot say where they came from */
function withSource(options: DataOptions, source: string | undefined): DataOptions {
  if (source === undefined) return options;
  if (!('source' in options))
    throw new UsageError(`--source names a column or key: data of kind ${options.kind} has none`);
  return DataOptions.parse({ ...options, source });
}

/** How many labels have rows. */
export const presentIn = (confusion: readonly (readonly number[])[]): number =>
  confusion.filter((counts) => counts.some((count) => count > 0)).length;
