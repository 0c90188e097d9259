import { shown } from '../../registry-repo/judge/finding.ts';
import { storedCounts } from '../../registry-repo/stored-counts.ts';
import { LEAST_ROWS } from '../evaluation/bootstrap.ts';
import type { Interval } from '../evaluation/intervals.ts';
import { labelMetrics } from '../evaluation/metrics.ts';
import type { Reliability } from '../evaluation/reliability.ts';
import type { WorstError } from '../evaluation/worst-errors.ts';
import { type Evaluated, evaluateModel, presentIn } from '../operations/evaluate.ts';
import { confusionTable, share, textTable } from '../table.ts';
import type { Workspace } from '../workspace.ts';
import { type Command, text } from './command.ts';

export const evaluate: Command<Workspace> = {
  memory: 'computes',
  details:
    'Nothing is recorded. If the data set has a test split, only that is measured; otherwise all rows are. Figures are named and defined as in scikit-learn. The F1 that gate.json compares is named and has an interval. If it is the F1 of one label, precision and recall are those of that label too.',
  json: true,
  arguments: [{ name: 'model', description: 'a run id, or a version: 2, v2, model@2' }],
  flags: [
    {
      flags: '--data <path>',
      description:
        'CSV, TSV, JSONL, an IMDB archive, or a folder with one folder for each label; default: the configured data',
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
    const { workspace, out, signal, args } = invocation;
    const [data, slices] = [text(invocation, 'data'), text(invocation, 'slices')];
    const { folder } = workspace.loaded.request;
    const asked = { model: args[0] ?? '', folder, data, source: text(invocation, 'source'), slices };
    const evaluated = await evaluateModel(workspace, asked, out, signal);
    out.result(told(evaluated), () => describe(evaluated));
    return 0;
  },
};

/** The JSON form: for many labels only the counts that are not 0. */
const told = <T extends Pick<Evaluated, 'confusion' | 'slices'>>(value: T) => ({
  ...value,
  confusion: storedCounts(value.confusion),
  slices: value.slices.map((slice) => ({ ...slice, confusion: storedCounts(slice.confusion) })),
});

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

/** Whether a figure of two labels is about a label that no row has: then it says nothing. */
const says = ({ labels, positive }: Evaluated, confusion: readonly (readonly number[])[]): boolean =>
  positive === null ? presentIn(confusion) > 0 : (confusion[labels.indexOf(positive)] ?? []).some((count) => count > 0);

/** The interval, or why there is none. An interval without a width would claim that no other result was possible. */
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

/** The figures that are not of one label; those of the positive one name it. */
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
