import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadDataset } from '../pipeline/data/load.ts';
import { DataOptions } from '../pipeline/data/options.ts';
import { countPredictions } from '../pipeline/evaluation/counts.ts';
import type { TrainedModel } from '../pipeline/training/trainer.ts';
import { trainers } from '../pipeline/training/trainers.ts';
import { f1 } from '../registry-repo/f1.ts';
import { toNumber } from '../registry-repo/fraction.ts';
import { loadRuntime } from '../registry-repo/runtime/load.ts';
import type { Runtime } from '../registry-repo/runtime/runtime.ts';
import { answer } from './process.ts';

export type TrainInput = { imdb: string; folder: string; workers: number };
/** Seconds of each part; `f1` is of the second label, `pos`. */
export type TrainResult = { load: number; train: number; evaluate: number; f1: number; modelBytes: number };

/** What `pawl train` does to get from an archive to measured bytes on the disk, without the events. */
async function train({ imdb, folder, workers }: TrainInput): Promise<TrainResult> {
  const seconds = stopwatch();
  const dataset = await loadDataset(DataOptions.parse({ kind: 'imdb', path: imdb }), { folder, cacheFolder: folder });
  const load = seconds();
  const { labels } = dataset.facts;
  const trained = await trainNbsvm({ rows: dataset.train, labels, workers });
  save(folder, labels, trained);
  const train = seconds();
  const runtime = await open(folder);
  const { confusion } = await countPredictions(runtime, dataset.test);
  await runtime.release();
  const positive = labels[1] as string;
  const share = toNumber(f1(labels, confusion, { average: 'binary', positive }));
  const modelBytes = trained.files.reduce((sum, { bytes }) => sum + bytes.length, 0);
  return { load, train, evaluate: seconds(), f1: share, modelBytes };
}

/** @returns seconds since the last call */
function stopwatch(): () => number {
  let last = performance.now();
  return () => {
    const now = performance.now();
    const seconds = (now - last) / 1000;
    last = now;
    return seconds;
  };
}

type Rows = Pick<Parameters<(typeof trainers)[number]['train']>[0], 'rows' | 'labels' | 'workers'>;

function trainNbsvm(rows: Rows): Promise<TrainedModel> {
  const nbsvm = trainers.find(({ name }) => name === 'nbsvm');
  if (!nbsvm) throw new Error('there is no trainer nbsvm');
  const report = { metric: () => {}, epoch: () => {}, progress: () => {} };
  const folders = { config: '.', cache: '.', checkpoints: '.' };
  const hub = { endpoint: '', offline: true };
  const context = { ...rows, unlabelled: [], folders, hub, seed: 1, report, signal: new AbortController().signal };
  return nbsvm.train(context, nbsvm.config.parse({}));
}

const DESCRIPTION = 'description.json';

function save(folder: string, labels: readonly string[], { files, preprocessor, contract }: TrainedModel): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, DESCRIPTION), JSON.stringify({ labels, preprocessor, contract }));
  for (const { path, bytes } of files) writeFileSync(join(folder, path), bytes);
}

const open = (folder: string): Promise<Runtime> =>
  loadRuntime({
    manifest: JSON.parse(readFileSync(join(folder, DESCRIPTION), 'utf8')),
    file: (path) => readFileSync(join(folder, path)),
  });

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
