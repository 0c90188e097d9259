import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { trainers } from '../pipeline/training/trainers.ts';
import type { Bench } from './bench.ts';
import type { ModelInput, ModelResult } from './models.child.ts';
import type { BenchOptions } from './options.ts';
import { inChild, measured } from './process.ts';
import type { Figure, Outcome } from './report.ts';

const CHILD = './models.child.js';
const SKLEARN = fileURLToPath(new URL('../../bench/models.sklearn.py', import.meta.url));
const WORKERS = 2;

const MISSING =
  'It needs the reviews: --imdb FILE or PAWL_BENCH_IMDB=FILE, the archive of https://ai.stanford.edu/~amaas/data/sentiment/ or a folder of its layout.';
const METHOD = [
  `Each trainer with its defaults, unless its row says otherwise, ${WORKERS} workers, in a process of its own: trained on the training reviews, exported to ONNX, and measured by the runtime on the test reviews, once. Training counts from texts in memory to files on the disk. Texts a second: one thread, from text to probabilities, all test reviews.`,
  'F1 is of the label pos, with its 95 % interval.',
];

/** One row of the table; `needs` is what has to be given, or null. */
type Row = {
  readonly name: string;
  readonly trainer: string;
  readonly config: Record<string, unknown>;
  readonly unlabelled: boolean;
  readonly needs: string | null;
};

const rowsOf = ({ weights, unlabelled, long }: BenchOptions): readonly Row[] => {
  const row = (name: string, config: Record<string, unknown> = {}, needs: string | null = null): Row => {
    return { name, trainer: name, config, unlabelled: false, needs };
  };
  const noWeights = weights === null ? '--weights DIR' : null;
  return [
    row('nbsvm'),
    row('nbsvm-dv'),
    {
      ...row('nbsvm-dv', {}, unlabelled === null ? '--unlabelled PATH' : null),
      name: 'nbsvm-dv with unlabelled reviews',
      unlabelled: true,
    },
    row('rnn', {}, long ? null : '--long: it takes many minutes'),
    row('encoder-head', { model: weights }, noWeights ?? (long ? null : '--long: it takes many minutes')),
    row(
      'distilbert',
      { model: weights, epochs: 1, learningRate: 1e-4, validationShare: 0 },
      noWeights ?? (long ? null : '--long: it takes half an hour or more'),
    ),
  ];
};

async function run(options: BenchOptions, folder: string): Promise<Outcome> {
  const { imdb, python, unlabelled } = options;
  if (imdb === null) return { status: 'not run', reason: MISSING };
  const figures: Figure[] = [];
  const left: string[] = [];
  for (const [i, { name, trainer, config, unlabelled: more, needs }] of rowsOf(options).entries()) {
    const missing = trainers.some((t) => t.name === trainer) ? needs : 'a trainer of that name';
    if (missing !== null) {
      left.push(`${name} was not measured: it needs ${missing}.`);
      continue;
    }
    const own = join(folder, String(i));
    const input: ModelInput = {
      imdb,
      unlabelled: more ? unlabelled : null,
      folder: own,
      workers: WORKERS,
      trainer,
      config,
    };
    const { answer, peakBytes } = await inChild<ModelResult>(CHILD, 'model', input);
    figures.push(...figuresOf(name, answer, peakBytes));
  }
  if (python === null)
    left.push('scikit-learn was not measured: --python PYTHON or PAWL_BENCH_PYTHON names one that has it.');
  else figures.push(...(await sklearn(python, imdb, folder)));
  return { status: 'measured', settings: { workers: WORKERS }, method: [...METHOD, ...left], figures };
}

function figuresOf(name: string, result: ModelResult, peakBytes: number | null): Figure[] {
  const figure = (what: string, unit: string, value: number): Figure => ({
    name: `${name}, ${what}`,
    unit,
    rounds: [value],
  });
  return [
    figure('F1', 'share', result.f1),
    figure('F1, low', 'share', result.low),
    figure('F1, high', 'share', result.high),
    figure('training', 's', result.train),
    figure('model', 'MB', result.modelBytes / 1e6),
    figure('inference', 'texts/s', result.textsPerSecond),
    ...(peakBytes === null ? [] : [figure('peak memory', 'MB', peakBytes / 1e6)]),
  ];
}

async function sklearn(python: string, imdb: string, folder: string): Promise<Figure[]> {
  if (!existsSync(SKLEARN)) throw new Error(`${SKLEARN} is missing: run the bench from the repository`);
  const file = join(folder, 'rows.jsonl');
  await inChild<number>(CHILD, 'rows', { imdb, folder, file });
  const { stdout } = await measured(python, [SKLEARN, file]);
  const found = JSON.parse(stdout.trim().split('\n').at(-1) as string) as Pick<
    ModelResult,
    'train' | 'f1' | 'textsPerSecond'
  >;
  const name = 'scikit-learn, TF-IDF and LinearSVC';
  return [
    { name: `${name}, F1`, unit: 'share', rounds: [found.f1] },
    { name: `${name}, training`, unit: 's', rounds: [found.train] },
    { name: `${name}, inference`, unit: 'texts/s', rounds: [found.textsPerSecond] },
  ];
}

export const models: Bench = {
  name: 'models',
  summary: 'every trainer on film reviews: F1, time, size and speed, beside scikit-learn',
  run,
};
