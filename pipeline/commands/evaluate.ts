import type { Manifest } from '../../registry-repo/manifest.ts';
import { RegistryAt } from '../../registry-repo/registry.ts';
import { loadRuntime } from '../../registry-repo/runtime/load.ts';
import { readVersionFile } from '../../registry-repo/version-files.ts';
import { optionsAt } from '../data/guess.ts';
import { loadRows } from '../data/load.ts';
import { countPredictions } from '../evaluation/counts.ts';
import { CONFIDENCE, type Interval, intervalsOf } from '../evaluation/intervals.ts';
import { labelMetrics, metricsOf, positiveOf } from '../evaluation/metrics.ts';
import { probabilityMetrics } from '../evaluation/probabilities.ts';
import { readCandidate } from '../promotion/candidate.ts';
import { confusionTable, share, textTable } from '../table.ts';
import type { Workspace } from '../workspace.ts';
import { type Command, text } from './command.ts';
import { loadContext } from './dataset.ts';
import { UsageError } from './not-found.ts';
import { findRun } from './runs-show.ts';
import { findVersion } from './why.ts';

export const evaluate: Command<Workspace> = {
  name: 'evaluate',
  summary: 'measure a run’s or version’s model on any labelled data',
  details:
    'Nothing is recorded. A data set with a test split is measured on that; any other on all its rows. Figures are named and defined as in scikit-learn; precision, recall and f1 are those of the second of two labels.',
  json: true,
  arguments: [{ name: 'model', description: 'a run id, or a version: 2, v2, model@2' }],
  flags: [
    {
      flags: '--data <path>',
      description:
        'CSV, TSV, JSONL, an IMDB archive, or a folder with one folder a label; without it, the configured data',
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
    const { manifest, file, name } = await modelFor(workspace, wanted);
    const context = loadContext(workspace, out, signal);
    const path = text(invocation, 'data');
    const options = path === undefined ? workspace.config.data : await optionsAt(path, process.cwd());
    const { rows, source } = await loadRows(
      options,
      manifest.labels,
      path === undefined ? context : { ...context, folder: process.cwd() },
    );
    const runtime = await loadRuntime({ manifest, file });
    try {
      const started = performance.now();
      const { labels } = manifest;
      const truth = new Int32Array(rows.length);
      const probabilities = new Float32Array(rows.length * labels.length);
      const { confusion } = await countPredictions(
        runtime,
        rows,
        (done, of) => out.progress.update('evaluating', done, of),
        (answered) => {
          truth[answered.row] = answered.truth;
          probabilities.set(answered.probabilities, answered.row * labels.length);
        },
      );
      const seconds = (performance.now() - started) / 1000;
      const value = {
        model: name,
        data: source,
        rows: rows.length,
        labels,
        positive: positiveOf(labels),
        confusion,
        metrics: {
          ...metricsOf(labels, confusion),
          ...probabilityMetrics({ truth, probabilities, labels: labels.length }),
        },
        confidence: CONFIDENCE,
        intervals: intervalsOf(labels, confusion),
        seconds,
      };
      out.result(value, () => describe(value));
      return 0;
    } finally {
      await runtime.release();
    }
  },
};

type Loaded = { readonly name: string; readonly manifest: Manifest; readonly file: (path: string) => Uint8Array };

/** A run's candidate or a registered version, whichever the word names. */
async function modelFor(workspace: Workspace, wanted: string): Promise<Loaded> {
  if (wanted === '')
    throw new UsageError('name a run or a version: `pawl runs list` and `pawl registry log` show them');
  const views = await workspace.views();
  const isVersion = /^(?:[a-z0-9-]+@)?v?\d{1,10}$/.test(wanted) && !/^[0-9a-z]{12}$/.test(wanted);
  if (isVersion) {
    const version = findVersion(views, workspace.config.model, wanted);
    return load(workspace, version.manifest, `${version.model}@${version.version}`, version.version);
  }
  const run = findRun(views, wanted);
  if (!run.candidate) throw new UsageError(`run ${run.id} has no model: it is ${run.status}`);
  return load(workspace, run.candidate.manifest, `run ${run.id}`, null);
}

async function load(workspace: Workspace, digest: string, name: string, version: number | null): Promise<Loaded> {
  const artifacts = workspace.artifacts();
  const { manifest } = await readCandidate(artifacts, digest);
  const tip = version === null ? null : await workspace.forge().sync();
  const read = (file: Manifest['files'][number]) =>
    tip === null || version === null
      ? artifacts.get(file.digest)
      : readVersionFile(
          { registry: new RegistryAt(workspace.forge().git, tip), artifacts, model: manifest.model, version, manifest },
          file,
        );
  const files = new Map(await Promise.all(manifest.files.map(async (f) => [f.path, await read(f)] as const)));
  return { name, manifest, file: (path) => files.get(path) as Uint8Array };
}

type Evaluated = {
  readonly model: string;
  readonly rows: number;
  readonly labels: readonly string[];
  readonly positive: string | null;
  readonly confusion: number[][];
  readonly metrics: Readonly<Record<string, number>>;
  readonly confidence: number;
  readonly intervals: Readonly<Record<string, Interval>>;
  readonly seconds: number;
};

function describe(evaluated: Evaluated): string {
  const { model, rows, labels, confusion, confidence, seconds } = evaluated;
  const interval = `${confidence * 100} % interval`;
  return [
    `${model} on ${rows} rows, ${Math.round(rows / Math.max(seconds, 1e-9))} a second`,
    textTable(['metric', 'value', interval], overall(evaluated), [1]),
    textTable(['label', 'rows', 'precision', 'recall', 'f1', interval], perLabel(evaluated), [1, 2, 3, 4]),
    confusionTable(labels, confusion),
  ].join('\n\n');
}

/** The figures that are not of one label; those of the positive one say which it is. */
function overall({ metrics, intervals, positive }: Evaluated): string[][] {
  const ofPositive = ['precision', 'recall', 'f1'];
  return Object.entries(metrics)
    .filter(([name]) => !name.endsWith(']'))
    .map(([name, value]) => [
      ofPositive.includes(name) ? `${name} of ${positive}` : name,
      share(value),
      range(intervals[name]),
    ]);
}

const perLabel = ({ labels, confusion, intervals }: Evaluated): string[][] =>
  labelMetrics(labels, confusion).map(({ label, precision, recall, f1, rows }) => [
    label,
    String(rows),
    share(precision),
    share(recall),
    share(f1),
    range(intervals[`f1[${label}]`]),
  ]);

const range = (interval: Interval | undefined): string =>
  interval ? `${share(interval.low)}–${share(interval.high)}` : '';
