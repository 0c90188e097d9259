import { readFileSync } from 'node:fs';
import { loadDataset } from '../pipeline/data/load.ts';
import { DataOptions } from '../pipeline/data/options.ts';
import { countPredictions } from '../pipeline/evaluation/counts.ts';
import { f1 } from '../registry-repo/f1.ts';
import { toNumber } from '../registry-repo/fraction.ts';
import type { Runtime } from '../registry-repo/runtime/runtime.ts';
import { REVIEWS } from './measure.ts';
import { answer } from './process.ts';
import { open, save, stopwatch, trainWith } from './trained.ts';

export type TrainInput = { imdb: string; folder: string; workers: number };
/** Seconds of each part; `f1` is by `REVIEWS`. */
export type TrainResult = { load: number; train: number; evaluate: number; f1: number; modelBytes: number };

/** The steps of `pawl train` from an archive to measured bytes on the disk, without the events. */
async function train({ imdb, folder, workers }: TrainInput): Promise<TrainResult> {
  const seconds = stopwatch();
  const dataset = await loadDataset(DataOptions.parse({ kind: 'imdb', path: imdb }), { folder, cacheFolder: folder });
  const load = seconds();
  const { labels } = dataset.facts;
  const trained = await trainWith('nbsvm', {}, { rows: dataset.train, labels, workers });
  save(folder, labels, trained);
  const train = seconds();
  const runtime = await open(folder);
  const { confusion } = await countPredictions(runtime, dataset.test);
  await runtime.release();
  const share = toNumber(f1(labels, confusion, REVIEWS));
  const modelBytes = trained.files.reduce((sum, { bytes }) => sum + bytes.length, 0);
  return { load, train, evaluate: seconds(), f1: share, modelBytes };
}

export type InferInput = { folder: string; texts: string; rounds: number; sizes: readonly number[] };
/** Texts a second, `[size][round]`. */
export type InferResult = number[][];

async function infer({ folder, texts: file, rounds, sizes }: InferInput): Promise<InferResult> {
  const texts: string[] = JSON.parse(readFileSync(file, 'utf8'));
  const runtime = await open(folder);
  const rates = sizes.map((): number[] => []);
  for (let round = -1; round < rounds; round++)
    for (const [i, size] of sizes.entries()) {
      const rate = await textsPerSecond(runtime, texts, size);
      if (round >= 0) rates[i]?.push(rate); // the first warms up
    }
  await runtime.release();
  return rates;
}

async function textsPerSecond(runtime: Runtime, texts: readonly string[], size: number): Promise<number> {
  const started = performance.now();
  for (let from = 0; from < texts.length; from += size) await runtime.classify(texts.slice(from, from + size));
  return texts.length / ((performance.now() - started) / 1000);
}

await answer({ train, infer });
