import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadDataset } from '../pipeline/data/load.ts';
import { DataOptions } from '../pipeline/data/options.ts';
import { countPredictions } from '../pipeline/evaluation/counts.ts';
import { DistilbertConfig } from '../pipeline/training/distilbert/config.ts';
import { learn } from '../pipeline/training/distilbert/train.ts';
import type { TrainedModel } from '../pipeline/training/trainer.ts';
import { type Beside, exportTransformer } from '../pipeline/training/transformer/export.ts';
import type { Row } from '../registry-repo/rows.ts';
import { f1Of, type Trained } from './model-row.ts';
import { answer, tell } from './process.ts';
import { open, save, stopwatch, trainingContext, trainWith } from './trained.ts';

export type ModelInput = {
  imdb: string;
  unlabelled: string | null;
  folder: string;
  workers: number;
  trainer: string;
  config: Record<string, unknown>;
};
/** `backend` is null for a trainer that does not report one. */
export type ModelResult = Omit<Trained, 'name' | 'backend' | 'peakBytes'> & { backend: string | null };

const load = (imdb: string, unlabelled: string | null, folder: string) =>
  loadDataset(
    DataOptions.parse({ kind: 'imdb', path: imdb, unlabelled }),
    { folder, cacheFolder: folder },
    { unlabelled: unlabelled !== null },
  );

const BACKEND = 'backend: ';

type Clock = { readonly train: number; readonly cpu: number };

/** A training's inputs, and its reports of backend and time. */
async function prepare({ imdb, unlabelled, folder, workers }: ModelInput) {
  const dataset = await load(imdb, unlabelled, folder);
  const { labels } = dataset.facts;
  const found: { backend: string | null; weighing: Clock | null } = { backend: null, weighing: null };
  const [started, before] = [performance.now(), process.cpuUsage()];
  const clock = (): Clock => {
    const { user, system } = process.cpuUsage(before);
    return { train: (performance.now() - started) / 1000, cpu: (user + system) / 1e6 };
  };
  const report = {
    metric(name: string) {
      if (name.startsWith(BACKEND)) found.backend = name.slice(BACKEND.length);
    },
    epoch() {},
    progress(stage: string, done: number, of: number) {
      if (stage === 'weighing') found.weighing ??= clock();
      tell(stage, done, of);
    },
  };
  const folders = { config: folder, cache: folder, checkpoints: join(folder, 'checkpoints') };
  const given = { rows: dataset.train, labels, unlabelled: dataset.unlabelled, workers, folders, report };
  return { dataset, labels, found, clock, given };
}

/** Stores and loads the model, and measures it on the test reviews. */
async function measure(
  folder: string,
  labels: readonly string[],
  trained: TrainedModel,
  test: readonly Row[],
): Promise<Pick<Trained, 'f1' | 'low' | 'high' | 'modelBytes' | 'textsPerSecond'>> {
  const runtime = await open(folder);
  const seconds = stopwatch();
  const { confusion } = await countPredictions(runtime, test, (done, of) => tell('testing', done, of));
  const textsPerSecond = test.length / seconds();
  await runtime.release();
  const modelBytes = trained.files.reduce((sum, { bytes }) => sum + bytes.length, 0);
  return { ...f1Of(labels, confusion), modelBytes, textsPerSecond };
}

async function model(input: ModelInput): Promise<ModelResult[]> {
  const { dataset, labels, found, clock, given } = await prepare(input);
  const trained = await trainWith(input.trainer, input.config, given);
  save(input.folder, labels, trained);
  const { backend } = found;
  return [{ ...clock(), backend, ...(await measure(input.folder, labels, trained, dataset.test)) }];
}

/** Measures a transformer alone, then with the n-grams: they do not change how it is trained. */
async function fineTuned(input: ModelInput): Promise<ModelResult[]> {
  const { dataset, labels, found, clock, given } = await prepare(input);
  const config = DistilbertConfig.parse(input.config);
  const learned = await learn(trainingContext(given), config);
  const stored = (place: string, beside: Beside | null) => {
    const folder = join(input.folder, place);
    const trained = exportTransformer(learned, labels, config.maxLength, beside);
    save(folder, labels, trained);
    return () => measure(folder, labels, trained, dataset.test);
  };
  const withNgrams = stored('with-ngrams', learned.beside);
  const time = clock();
  const alone = stored('alone', null);
  const { backend, weighing } = found;
  return [
    { ...(weighing as Clock), backend, ...(await alone()) },
    { ...time, backend, ...(await withNgrams()) },
  ];
}

/** Labelled texts as JSON lines, for programs in other languages. */
async function rows({ imdb, folder, file }: { imdb: string; folder: string; file: string }): Promise<string[]> {
  const { facts, train, test } = await load(imdb, null, folder);
  const lines = (split: string, from: typeof train) =>
    from.map(({ text, label }) => `${JSON.stringify({ split, text, label })}\n`).join('');
  writeFileSync(file, lines('train', train) + lines('test', test));
  return [...facts.labels];
}

await answer({ model, fineTuned, rows });
