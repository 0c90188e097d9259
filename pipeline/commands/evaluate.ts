import { availableParallelism } from 'node:os';
import { measureName } from '../../registry-repo/averaging.ts';
import { shown } from '../../registry-repo/judge/finding.ts';
import { storedCounts } from '../../registry-repo/stored-counts.ts';
import { optionsAt } from '../data/guess.ts';
import { loadRows } from '../data/load.ts';
import { DataOptions } from '../data/options.ts';
import { bootstrapF1, fewRows, LEAST_ROWS } from '../evaluation/bootstrap.ts';
import { countPredictions } from '../evaluation/counts.ts';
import { CONFIDENCE, type Interval, intervalsOf } from '../evaluation/intervals.ts';
import { labelMetrics, metricsOf } from '../evaluation/metrics.ts';
import { type Answers, answersOwn, probabilityMetrics } from '../evaluation/probabilities.ts';
import { type Reliability, reliability } from '../evaluation/reliability.ts';
import { countSlices, readSlices, type SliceCounts } from '../evaluation/slices.ts';
import { type WorstError, worstErrors } from '../evaluation/worst-errors.ts';
import { loadContext } from '../operations/dataset.ts';
import { modelFor } from '../operations/model.ts';
import { UsageError } from '../operations/not-found.ts';
import { averagingFor } from '../operations/train.ts';
import { confusionTable, share, textTable } from '../table.ts';
import type { Workspace } from '../workspace.ts';
import { type Command, text } from './command.ts';

/** Errors that are listed. */
const WORST = 10;
/** The figure of `metricsOf` that each measure is. */
const FIGURES = { binary: 'f1', macro: 'f1_macro', weighted: 'f1_weighted' } as const;

export const evaluate: Command<Workspace> = {
  name: 'evaluate',
  memory: 'computes',
  summary: 'measure a run’s or version’s model on any labelled data',
  details:
    'Nothing is recorded. A data set with a test split is measured on that; any other on all its rows. Figures are named and defined as in scikit-learn; the F1 that gate.json compares is named, with an interval, and where it is that of one label, precision and recall are that label’s.',
  json: true,
  arguments: [{ name: 'model', description: 'a run id, or a version: 2, v2, model@2' }],
  flags: [
    {
      flags: '--data <path>',
      description:
        'CSV, TSV, JSONL, an IMDB archive, or a folder with one folder a label; without it, the configured data',
    },
    {
      flags: '--source <column>',
      description: 'column or key that says where a row came from: a slice for each source',
    },
    {
      flags: '--slices <path>',
      description: 'JSON file of named word lists: figures for the rows that have one of the words',
      path: true,
    },
  ],
  examples: [
    ['pawl evaluate v2 --data new-reviews.csv', 'does version 2 hold up on new texts?'],
    ['pawl evaluate 1v8k2m0p4qxa --data held-back/ --json', 'counts and metrics for a script'],
  ],
  async run(invocation) {
    const {
      args: [wanted = ''],
      workspace,
      out,
      signal,
    } = invocation;
    const { manifest, files, name } = await modelFor(workspace, wanted);
    const context = loadContext(workspace, out, signal);
    const path = text(invocation, 'data');
    const given = path === undefined ? workspace.config.data : await optionsAt(path, process.cwd());
    const options = withSource(given, text(invocation, 'source'));
    const { rows, source, origins } = await loadRows(
      options,
      manifest.labels,
      path === undefined ? context : { ...context, folder: process.cwd() },
    );
    const sliceFile = text(invocation, 'slices');
    const userSlices = sliceFile === undefined ? [] : readSlices(sliceFile);
    const runtime = await workspace.openModel({ manifest, files }, { threads: availableParallelism() });
    try {
      const started = performance.now();
      const { labels } = manifest;
      const truth = new Int32Array(rows.length);
      const predicted = new Int32Array(rows.length);
      const probabilities = new Float32Array(rows.length * labels.length);
      const { confusion } = await countPredictions(
        runtime,
        rows,
        (done, of) => out.progress.update('evaluating', done, of),
        (answered) => {
          truth[answered.row] = answered.truth;
          predicted[answered.row] = answered.predicted;
          probabilities.set(answered.probabilities, answered.row * labels.length);
        },
      );
      const seconds = (performance.now() - started) / 1000;
      const averaging = await averagingFor(workspace, manifest.model, labels);
      const { positive } = averaging;
      const value = {
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
      };
      out.result(told(value), () => describe(value));
      return 0;
    } finally {
      await runtime.release();
    }
  },
};

/** As programs read it: of many labels only the counts that are not 0. */
const told = <T extends Pick<Evaluated, 'confusion' | 'slices'>>(value: T) => ({
  ...value,
  confusion: storedCounts(value.confusion),
  slices: value.slices.map((slice) => ({ ...slice, confusion: storedCounts(slice.confusion) })),
});

/** @throws {UsageError} where rows cannot say where they came from */
function withSource(options: DataOptions, source: string | undefined): DataOptions {
  if (source === undefined) return options;
  if (!('source' in options))
    throw new UsageError(`--source names a column or key: data of kind ${options.kind} has none`);
  return DataOptions.parse({ ...options, source });
}

/** Of two labels about the second's probability, as `ece_15` is; else about that of each answer itself. */
function reliabilityOf(answers: Answers): Reliability {
  const { truth, probabilities, labels } = answers;
  if (labels === 2) {
    const second = Array.from(truth, (_, i) => probabilities[2 * i + 1] as number);
    return reliability(truth, second);
  }
  const { scores, right } = answersOwn(answers);
  return reliability(right, scores);
}

type Evaluated = {
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

function describe(evaluated: Evaluated): string {
  const { model, rows, labels, confusion, confidence, seconds } = evaluated;
  const interval = `${confidence * 100} % interval`;
  return [
    `${model} on ${rows} rows, ${Math.round(rows / Math.max(seconds, 1e-9))} a second`,
    textTable(['metric', 'value', interval], overall(evaluated), [1]),
    textTable(['label', 'rows', 'precision', 'recall', 'F1', interval], perLabel(evaluated), [1, 2, 3, 4]),
    confusionTable(labels, confusion),
    textTable(['slice', 'rows', 'labels', evaluated.measure, 'accuracy'], perSlice(evaluated), [1, 2, 3, 4]),
    reliabilityTable(evaluated.reliability),
    ...(evaluated.worst.length > 0 ? [worstTable(evaluated.worst)] : []),
    `bootstrap of ${evaluated.measure} (percentile, 2,000 samples): ${bootstrapped(evaluated)}`,
  ].join('\n\n');
}

/** How many labels have rows. */
const presentIn = (confusion: readonly (readonly number[])[]): number =>
  confusion.filter((counts) => counts.some((count) => count > 0)).length;

/** Whether a figure of two labels is about one that no row has: then it says nothing. */
const says = ({ labels, positive }: Evaluated, confusion: readonly (readonly number[])[]): boolean =>
  positive === null ? presentIn(confusion) > 0 : (confusion[labels.indexOf(positive)] ?? []).some((count) => count > 0);

/** The interval, or why there is none. An interval without a width would say that nothing else could have come out. */
function bootstrapped(evaluated: Evaluated): string {
  const { rows, confusion, positive, bootstrap, metrics } = evaluated;
  if (bootstrap.interval) return range(bootstrap.interval);
  if (rows === 0) return 'no rows';
  if (!says(evaluated, confusion)) return `no rows of ${shown(positive ?? '')}`;
  if (bootstrap.fewRows.length > 0)
    return `too few rows for an interval: fewer than ${LEAST_ROWS} of ${bootstrap.fewRows.slice(0, 10).join(', ')}`;
  return `no interval: every sample gives ${share(metrics[bootstrap.figure] ?? 0)}; that of accuracy is ${range(evaluated.intervals.accuracy)}`;
}

const perSlice = (evaluated: Evaluated): string[][] =>
  evaluated.slices.map(({ name, rows, present, confusion, metrics }) => [
    name,
    String(rows),
    `${present} of ${evaluated.labels.length}`,
    says(evaluated, confusion) ? share(metrics[evaluated.bootstrap.figure] ?? 0) : '–',
    rows === 0 ? '–' : share(metrics.accuracy ?? 0),
  ]);

const reliabilityTable = ({ bins }: Reliability): string =>
  textTable(
    ['probability', 'rows', 'promised', 'true'],
    bins
      .filter(({ rows }) => rows > 0)
      .map((bin) => [
        `${bin.from.toFixed(2)}–${bin.to.toFixed(2)}`,
        String(bin.rows),
        share(bin.promised ?? 0),
        share(bin.true ?? 0),
      ]),
    [1, 2, 3],
  );

const worstTable = (worst: readonly WorstError[]): string =>
  textTable(
    ['surest errors', 'at', 'truth', 'predicted', 'probability'],
    worst.map(({ row, at, truth, predicted, probability }) => [row, String(at), truth, predicted, share(probability)]),
    [1, 4],
  );

const NAMES: Readonly<Record<string, string>> = {
  f1_macro: 'macro F1',
  f1_micro: 'micro F1',
  f1_weighted: 'weighted F1',
};

/** The figures that are not of one label; those of the positive one say which it is. */
function overall(evaluated: Evaluated): string[][] {
  const { metrics, intervals, positive, present, labels, confusion } = evaluated;
  const ofPositive = ['precision', 'recall', 'f1'];
  const over = present < labels.length ? ` over ${present} of ${labels.length} labels` : '';
  const unknown = says(evaluated, confusion) ? [] : ['recall', 'f1'];
  return Object.entries(metrics)
    .filter(([name]) => !name.endsWith(']'))
    .map(([name, value]) => [
      ofPositive.includes(name)
        ? `${name === 'f1' ? 'F1' : name} of ${shown(positive ?? '')}`
        : (NAMES[name] ?? name) + (name.endsWith('_macro') ? over : ''),
      unknown.includes(name) ? '–' : share(value),
      unknown.includes(name) ? '' : range(intervals[name]),
    ]);
}

const perLabel = ({ labels, confusion, intervals }: Evaluated): string[][] =>
  labelMetrics(labels, confusion).map(({ label, precision, recall, f1, rows }) => [
    label,
    String(rows),
    share(precision),
    ...(rows === 0 ? ['–', '–', ''] : [share(recall), share(f1), range(intervals[`f1[${label}]`])]),
  ]);

const range = (interval: Interval | undefined): string =>
  interval ? `${share(interval.low)}–${share(interval.high)}` : '';
