import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadDataset } from '../pipeline/data/load.ts';
import { DataOptions } from '../pipeline/data/options.ts';
import { countPredictions } from '../pipeline/evaluation/counts.ts';
import { f1Of, type Trained } from './model-row.ts';
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
/** `backend` is null for a trainer that does not say what computes. */
export type ModelResult = Omit<Trained, 'name' | 'backend' | 'peakBytes'> & { backend: string | null };

const load = (imdb: string, unlabelled: string | null, folder: string) =>
  loadDataset(
    DataOptions.parse({ kind: 'imdb', path: imdb, unlabelled }),
    { folder, cacheFolder: folder },
    { unlabelled: unlabelled !== null },
  );

const BACKEND = 'backend: ';

async function model(input: ModelInput): Promise<ModelResult> {
  const { imdb, unlabelled, folder, workers, trainer, config } = input;
  const dataset = await load(imdb, unlabelled, folder);
  const { labels } = dataset.facts;
  let backend: string | null = null;
  const report = {
    metric(name: string) {
      if (name.startsWith(BACKEND)) backend = name.slice(BACKEND.length);
    },
    epoch() {},
    progress() {},
  };
  const seconds = stopwatch();
  const cpuBefore = process.cpuUsage();
  const folders = { config: folder, cache: folder, checkpoints: join(folder, 'checkpoints') };
  const given = { rows: dataset.train, labels, unlabelled: dataset.unlabelled, workers, folders, report };
  const trained = await trainWith(trainer, config, given);
  save(folder, labels, trained);
  const train = seconds();
  const { user, system } = process.cpuUsage(cpuBefore);
  const runtime = await open(folder);
  seconds();
  const { confusion } = await countPredictions(runtime, dataset.test);
  const textsPerSecond = dataset.test.length / seconds();
  await runtime.release();
  const modelBytes = trained.files.reduce((sum, { bytes }) => sum + bytes.length, 0);
  return { ...f1Of(labels, confusion), train, cpu: (user + system) / 1e6, modelBytes, textsPerSecond, backend };
}

/** Labelled texts as JSON lines, for programs in other languages. */
async function rows({ imdb, folder, file }: { imdb: string; folder: string; file: string }): Promise<string[]> {
  const { facts, train, test } = await load(imdb, null, folder);
  const lines = (split: string, from: typeof train) =>
    from.map(({ text, label }) => `${JSON.stringify({ split, text, label })}\n`).join('');
  writeFileSync(file, lines('train', train) + lines('test', test));
  return [...facts.labels];
}

await answer({ model, rows });
