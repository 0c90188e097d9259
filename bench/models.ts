import { join } from 'node:path';
import type { Progress } from '../pipeline/progress.ts';
import type { Bench } from './bench.ts';
import { REVIEWS_F1 } from './measure.ts';
import { earlierRows, type ModelRow, rowTable, type Trained } from './model-row.ts';
import type { ModelInput, ModelResult } from './models.child.ts';
import { type PeerRow, peerRows, trainPeer } from './models.peers.ts';
import type { BenchOptions } from './options.ts';
import { inChild } from './process.ts';
import type { Figure, Outcome } from './report.ts';

const CHILD = './models.child.js';
const WORKERS = 2;

const MISSING =
  'It needs the reviews: --imdb FILE or PAWL_BENCH_IMDB=FILE, the archive of https://ai.stanford.edu/~amaas/data/sentiment/ or a folder of its layout.';
const METHOD = [
  `Each in a process of its own, ${WORKERS} threads: trained on the training reviews, then measured on the test reviews, once. Trainers have their defaults unless their row says otherwise; their models are exported to ONNX and measured by the runtime.`,
  'Training counts from texts in memory to files on the disk; processor time is the sum over all its threads.',
  'The distilbert with n-grams is the one without them and NB-SVM beside it: one fine-tuning, measured alone before the two are weighed.',
  'Texts a second: one thread, from text to probabilities or scores, all test reviews. Memory is the peak of resident memory of the whole process.',
];

/** One of Pawl's trainers; `needs` is the flag that has to be given, or null. */
type OwnRow = {
  readonly name: string;
  /** For `distilbert` with n-grams: the row of the transformer alone, of the same training. */
  readonly alone: string | null;
  readonly trainer: string;
  readonly config: Record<string, unknown>;
  readonly unlabelled: boolean;
  readonly needs: string | null;
  /** The backend, if the trainer does not report it itself. */
  readonly backend: string;
};

function ownRows({ weights, unlabelled, long }: BenchOptions): readonly OwnRow[] {
  const row = (trainer: string, backend: string, more: Partial<OwnRow> = {}): OwnRow => ({
    ...{ name: trainer, alone: null, trainer, config: {}, unlabelled: false, needs: null, backend },
    ...more,
  });
  const slow = (minutes: string) => (long ? null : `--long, as it takes ${minutes}`);
  const encoder = (minutes: string) => (weights === null ? '--weights DIR' : slow(minutes));
  return [
    row('nbsvm', 'JavaScript'),
    row('nbsvm-dv', 'WebAssembly'),
    row('nbsvm-dv', 'WebAssembly', {
      name: 'nbsvm-dv with unlabelled reviews',
      needs: unlabelled === null ? '--unlabelled PATH' : null,
      unlabelled: true,
    }),
    row('rnn', '', { needs: slow('many minutes') }),
    row('encoder-head', 'ONNX Runtime', { config: { model: weights }, needs: encoder('many minutes') }),
    row('encoder-head', 'ONNX Runtime', {
      name: 'encoder-head in bytes',
      config: { model: weights, precision: 'int8' },
      needs: encoder('many minutes'),
    }),
    row('distilbert', '', {
      name: 'distilbert with n-grams (1 epoch at 1e-4)',
      alone: 'distilbert (1 epoch at 1e-4)',
      config: { model: weights, epochs: 1, learningRate: 1e-4, ngrams: true },
      needs: encoder('about an hour'),
    }),
  ];
}

async function run(options: BenchOptions, folder: string, progress: Progress): Promise<Outcome> {
  const { imdb, rows: wanted, earlier } = options;
  if (imdb === null) return { status: 'not run', reason: MISSING };
  const all = [...ownRows(options), ...peerRows(options)];
  const names = all.flatMap(namesOf);
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new TypeError(`--rows ${unknown.join(',')}: there are ${names.join(', ')}`);
  const known = earlier === null ? new Map<string, Trained>() : earlierRows(earlier);
  const rows: ModelRow[] = [];
  for (const [i, row] of all.entries()) {
    const left = wanted.length > 0 && !namesOf(row).some((name) => wanted.includes(name));
    const reason = left ? 'not among --rows' : row.needs && `it needs ${row.needs}`;
    if (reason) rows.push(...namesOf(row).map((name) => known.get(name) ?? { name, reason }));
    else rows.push(...(await measureOr(row, imdb, { options, folder: join(folder, String(i)), progress })));
  }
  return {
    status: 'measured',
    settings: { threads: WORKERS },
    method: METHOD,
    figures: rows.flatMap((row) => ('reason' in row ? [] : figuresOf(row))),
    table: rowTable(rows),
    rows,
    failed: rows.some((row) => 'failed' in row),
  };
}

const namesOf = (row: OwnRow | PeerRow): readonly string[] =>
  'alone' in row && row.alone !== null ? [row.alone, row.name] : [row.name];

type Way = { readonly options: BenchOptions; readonly folder: string; readonly progress: Progress };

/** A row that fails says why, and the others keep their figures, which may have taken hours. */
async function measureOr(row: OwnRow | PeerRow, imdb: string, way: Way): Promise<readonly ModelRow[]> {
  try {
    return await measure(row, imdb, way);
  } catch (error) {
    const reason = (error as Error).message;
    process.stderr.write(`${row.name}: ${reason}\n`);
    return namesOf(row).map((name) => ({ name, reason, failed: true }));
  }
}

/** In the order of its names. */
async function measure(
  row: OwnRow | PeerRow,
  imdb: string,
  { options, folder, progress }: Way,
): Promise<readonly Trained[]> {
  if ('script' in row) return [await trainPeer(row, imdb, { folder, threads: WORKERS })];
  const { name, alone, trainer, config, unlabelled } = row;
  const given = { imdb, unlabelled: unlabelled ? options.unlabelled : null, folder, workers: WORKERS };
  const input: ModelInput = { ...given, trainer, config };
  const bar: Progress = { ...progress, update: (stage, ...far) => progress.update(`${name}: ${stage}`, ...far) };
  const task = alone === null ? 'model' : 'fineTuned';
  const { answer, peakBytes } = await inChild<ModelResult[]>(CHILD, task, input, bar);
  const names = namesOf(row);
  return answer.map((result, i) => ({
    ...result,
    ...{ name: names[i] as string, backend: result.backend ?? row.backend, peakBytes },
  }));
}

function figuresOf({ name, f1, train, cpu, modelBytes, textsPerSecond, peakBytes }: Trained): Figure[] {
  const figure = (what: string, unit: string, value: number | null): Figure[] =>
    value === null ? [] : [{ name: `${name}, ${what}`, unit, rounds: [value] }];
  return [
    ...figure(REVIEWS_F1, 'share', f1),
    ...figure('training', 's', train),
    ...figure('training, processor time', 's', cpu),
    ...figure('model', 'MB', modelBytes && modelBytes / 1e6),
    ...figure('inference', 'texts/s', textsPerSecond),
    ...figure('peak memory', 'MB', peakBytes && peakBytes / 1e6),
  ];
}

export const models: Bench = {
  name: 'models',
  summary: `every trainer on film reviews: ${REVIEWS_F1}, time, size and speed, beside scikit-learn and PyTorch`,
  run,
};
