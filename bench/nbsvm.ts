import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadDataset } from '../pipeline/data/load.ts';
import { DataOptions } from '../pipeline/data/options.ts';
import type { Bench } from './bench.ts';
import { type FasttextResult, hasFasttext, runFasttext, VARIANTS, writeFasttextInput } from './fasttext.ts';
import { REVIEWS_F1 } from './measure.ts';
import type { InferInput, InferResult, TrainInput, TrainResult } from './nbsvm.child.ts';
import type { BenchOptions } from './options.ts';
import { inChild } from './process.ts';
import type { Figure, Outcome, Target } from './report.ts';

const CHILD = './nbsvm.child.js';
const MEGABYTE = 1e6;
const WORKERS = 2; // as many threads as fastText gets
const SIZES = [1, 32];

const MISSING =
  'It needs the reviews: --imdb FILE or PAWL_BENCH_IMDB=FILE, the archive of https://ai.stanford.edu/~amaas/data/sentiment/ or a folder of its layout.';
const NO_FASTTEXT = 'fastText was not measured: it is not installed (Debian, Ubuntu: apt install fasttext).';

const METHOD = [
  `nbsvm: one process from its start to its end: Node starts, the archive is unpacked, checked, normalised, sorted, hashed and searched for leaks, the model trained with ${WORKERS} workers, exported to ONNX and written, loaded by the runtime, and the test reviews classified and counted.`,
  `${VARIANTS.map(({ name, args }) => `${name}: \`supervised ${args.join(' ')}\``).join('; ')}.`,
  `fastText: two processes, \`supervised\` and \`test\`: text files are read, the model trained and written, loaded, and the test reviews classified. Not counted: unpacking, and writing its input (lower case, no punctuation, shuffled). Its ${REVIEWS_F1} comes from \`predict\`, not counted. Its threads race, so that differs from round to round.`,
  'All in turns. Memory is the peak of resident memory of a whole process, as the kernel records it; for fastText the larger of the two.',
  'inference: the runtime classifies up to 2,000 test reviews of both labels in one process, from text to probabilities, after one round of warming up.',
];

async function run({ imdb, rounds: wanted, fasttext: compare }: BenchOptions, folder: string): Promise<Outcome> {
  if (imdb === null) return { status: 'not run', reason: MISSING };
  const rounds = wanted ?? 3;
  const fasttext = compare && (await hasFasttext());
  const { labels, rows } = await prepare(imdb, folder);
  const ours: Ours[] = [];
  const theirs = VARIANTS.map((variant) => ({ variant, results: [] as FasttextResult[] }));
  for (let round = 0; round < rounds; round++) {
    const input: TrainInput = { imdb, folder: modelFolder(folder), workers: WORKERS };
    const { answer, ...whole } = await inChild<TrainResult>(CHILD, 'train', input);
    ours.push({ ...answer, ...whole });
    if (fasttext) for (const { variant, results } of theirs) results.push(await runFasttext(folder, labels, variant));
  }
  return {
    status: 'measured',
    settings: { 'training reviews': rows.train, 'test reviews': rows.test, workers: WORKERS },
    method: compare && !fasttext ? [...METHOD, NO_FASTTEXT] : METHOD,
    figures: [
      ...ourFigures(ours),
      ...(fasttext ? theirs.flatMap(({ variant, results }) => theirFigures(variant.name, results, ours)) : []),
      ...(await inferenceFigures(folder, wanted ?? 7)),
    ],
  };
}

type Ours = TrainResult & { readonly seconds: number; readonly peakBytes: number | null };

const modelFolder = (folder: string): string => join(folder, 'model');
const textsFile = (folder: string): string => join(folder, 'texts.json');

/** Not timed: fastText's input, and texts to classify. */
async function prepare(imdb: string, folder: string) {
  mkdirSync(modelFolder(folder));
  const options = DataOptions.parse({ kind: 'imdb', path: imdb });
  const { train, test, facts } = await loadDataset(options, { folder, cacheFolder: folder });
  writeFasttextInput(folder, { train, test });
  // Rows are sorted by label; every n-th gives both labels.
  const step = Math.max(1, Math.floor(test.length / 2000));
  const texts = test.filter((_, i) => i % step === 0).map(({ text }) => text);
  writeFileSync(textsFile(folder), JSON.stringify(texts.slice(0, 2000)));
  return { labels: facts.labels, rows: { train: train.length, test: test.length } };
}

const figure = (name: string, unit: string, rounds: readonly number[], target?: Target): Figure => ({
  name,
  unit,
  rounds,
  ...(target && { target }),
});

function ourFigures(ours: readonly Ours[]): Figure[] {
  return [
    figure(
      'nbsvm, load + train + evaluate',
      's',
      ours.map((r) => r.seconds),
    ),
    ...(['load', 'train', 'evaluate'] as const).map((part) =>
      figure(
        `nbsvm, ${part}`,
        's',
        ours.map((r) => r[part]),
      ),
    ),
    figure(
      `nbsvm, ${REVIEWS_F1}`,
      'share',
      ours.map((r) => r.f1),
      { side: 'at least', limit: 0.92 },
    ),
    ...memory('nbsvm, peak memory', ours, { side: 'at most', limit: 600 }),
    figure(
      'nbsvm, model',
      'MB',
      ours.map((r) => r.modelBytes / MEGABYTE),
    ),
  ];
}

function theirFigures(name: string, theirs: readonly FasttextResult[], ours: readonly Ours[]): Figure[] {
  const seconds = theirs.map((r) => r.train + r.test);
  const target: Target | undefined = name === VARIANTS[0].name ? { side: 'at most', limit: 1 } : undefined;
  const ratios = ours.map((r, i) => r.seconds / (seconds[i] as number));
  return [
    figure(`${name}, train + test`, 's', seconds),
    figure(
      `${name}, ${REVIEWS_F1}`,
      'share',
      theirs.map((r) => r.f1),
    ),
    ...memory(`${name}, peak memory`, theirs),
    figure(`nbsvm ÷ ${name}, time`, 'ratio', ratios, target),
  ];
}

function memory(name: string, results: readonly { peakBytes: number | null }[], target?: Target): Figure[] {
  const peaks = results.flatMap(({ peakBytes }) => (peakBytes === null ? [] : [peakBytes / MEGABYTE]));
  return peaks.length > 0 ? [figure(name, 'MB', peaks, target)] : [];
}

async function inferenceFigures(folder: string, rounds: number): Promise<Figure[]> {
  const input: InferInput = { folder: modelFolder(folder), texts: textsFile(folder), rounds, sizes: SIZES };
  const { answer } = await inChild<InferResult>(CHILD, 'infer', input);
  return SIZES.map((size, i) => figure(`inference, batches of ${size}`, 'texts/s', answer[i] ?? []));
}

export const nbsvm: Bench = {
  name: 'nbsvm',
  summary: 'load, train and evaluate on film reviews, beside fastText; texts classified a second',
  run,
};
