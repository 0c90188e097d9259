import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadDataset } from '../pipeline/data/load.ts';
import { DataOptions } from '../pipeline/data/options.ts';
import { countPredictions } from '../pipeline/evaluation/counts.ts';
import { f1Interval } from '../pipeline/evaluation/intervals.ts';
import { f1 } from '../registry-repo/f1.ts';
import { toNumber } from '../registry-repo/fraction.ts';
import { answer } from './process.ts';
import { open, save, stopwatch, trainWith } from './trained.ts';

export type ModelInput = {
  imdb: string;
  unlabelled: string | null;
  folder: string;
  workers: number;
  trainer: string;
  config: Record<string, unknown>;
};
/** `f1` is of the second label, with its 95 % interval; texts a second on one thread, one process. */
export type ModelResult = {
  train: number;
  f1: number;
  low: number;
  high: number;
  modelBytes: number;
  textsPerSecond: number;
};

const load = (imdb: string, unlabelled: string | null, folder: string) =>
  loadDataset(
    DataOptions.parse({ kind: 'imdb', path: imdb, unlabelled }),
    { folder, cacheFolder: folder },
    { unlabelled: unlabelled !== null },
  );

async function model(input: ModelInput): Promise<ModelResult> {
  const { imdb, unlabelled, folder, workers, trainer, config } = input;
  const dataset = await load(imdb, unlabelled, folder);
  const { labels } = dataset.facts;
  const seconds = stopwatch();
  const folders = { config: folder, cache: folder, checkpoints: join(folder, 'checkpoints') };
  const given = { rows: dataset.train, labels, unlabelled: dataset.unlabelled, workers, folders };
  const trained = await trainWith(trainer, config, given);
  save(folder, labels, trained);
  const train = seconds();
  const runtime = await open(folder);
  seconds();
  const { confusion } = await countPredictions(runtime, dataset.test);
  const textsPerSecond = dataset.test.length / seconds();
  await runtime.release();
  const averaging = { average: 'binary', positive: labels[1] as string } as const;
  const share = toNumber(f1(labels, confusion, averaging));
  const { low, high } = f1Interval(labels, confusion, averaging) ?? { low: share, high: share };
  const modelBytes = trained.files.reduce((sum, { bytes }) => sum + bytes.length, 0);
  return { train, f1: share, low, high, modelBytes, textsPerSecond };
}

/** Labelled texts as JSON lines, for programs in other languages. */
async function rows({ imdb, folder, file }: { imdb: string; folder: string; file: string }): Promise<number> {
  const { train, test } = await load(imdb, null, folder);
  const lines = (split: string, from: typeof train) =>
    from.map(({ text, label }) => `${JSON.stringify({ split, text, label })}\n`).join('');
  writeFileSync(file, lines('train', train) + lines('test', test));
  return train.length;
}

await answer({ model, rows });
