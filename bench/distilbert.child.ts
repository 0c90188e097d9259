import { readFileSync, writeFileSync } from 'node:fs';
import { loadDataset } from '../pipeline/data/load.ts';
import { DataOptions } from '../pipeline/data/options.ts';
import type { BackendName } from '../pipeline/training/backends/backend.ts';
import { openBackend } from '../pipeline/training/backends/open.ts';
import { seededDropout } from '../pipeline/training/transformer/dropout.ts';
import { readExamples } from '../pipeline/training/transformer/examples.ts';
import { completeParameters } from '../pipeline/training/transformer/initial.ts';
import { lengthBatches, uploadBatch } from '../pipeline/training/transformer/length-batches.ts';
import { Model } from '../pipeline/training/transformer/model.ts';
import { AdamW } from '../pipeline/training/transformer/optimizer.ts';
import { loadFolder } from '../pipeline/training/transformer/weights.ts';
import { answer, tell } from './process.ts';

const report = { metric: () => {}, epoch: () => {}, progress: () => {} };
const signal = new AbortController().signal;
const load = (weights: string) => loadFolder(weights, { report, signal }, { location: weights, revision: null });

export type PrepareInput = {
  imdb: string;
  folder: string;
  weights: string;
  file: string;
  reviews: number;
  batch: number;
};
export type Prepared = { tokens: number; batches: number };
type Batches = { batches: { ids: number[][]; labels: number[] }[] };

/** Batches that both programs train on: the same texts, tokens and order. */
async function prepare({ imdb, folder, weights, file, reviews, batch }: PrepareInput): Promise<Prepared> {
  const data = await loadDataset(DataOptions.parse({ kind: 'imdb', path: imdb }), { folder, cacheFolder: folder });
  const step = Math.max(1, Math.floor(data.train.length / reviews)); // sorted by label: every n-th row gives both labels
  const rows = data.train.filter((_, i) => i % step === 0).slice(0, reviews);
  const { tokenizer } = await load(weights);
  const context = { rows, labels: data.facts.labels, seed: 1, report, signal };
  const { train } = await readExamples(context, tokenizer, { maxLength: 256, validationShare: 0, validationDraw: 2 });
  const batches = lengthBatches(train, batch, 1, 1).map((examples) => ({
    ids: examples.map(({ ids }) => [...ids]),
    labels: examples.map(({ label }) => label),
  }));
  writeFileSync(file, JSON.stringify({ batches } satisfies Batches));
  return { tokens: train.reduce((sum, { ids }) => sum + ids.length, 0), batches: batches.length };
}

export type StepsInput = { weights: string; file: string; backend: BackendName; threads: number; rate: number };
/** Seconds of the steps alone, and the mean loss of the last ten. */
export type StepsResult = { seconds: number; loss: number };

async function steps({ weights, file, backend: name, threads, rate }: StepsInput): Promise<StepsResult> {
  const { batches } = JSON.parse(readFileSync(file, 'utf8')) as Batches;
  const { architecture, parameters, padId } = await load(weights);
  const backend = await openBackend(name, { threads });
  const { tf } = backend;
  const all = completeParameters(architecture, 2, 1, parameters);
  const names = [...all.keys()];
  const model = new Model(backend, architecture);
  const optimizer = new AdamW(
    backend,
    new Map([...all].map(([key, { data, shape }]) => [key, tf.tensor(data, [...shape])])),
  );
  const losses: number[] = [];
  const started = performance.now();
  for (const [i, { ids, labels }] of batches.entries()) {
    tell('fine-tuning', i, batches.length);
    const examples = ids.map((row, n) => ({ ids: Int32Array.from(row), label: labels[n] as number }));
    const uploaded = uploadBatch(backend, examples, padId);
    const dropout = seededDropout(tf, 1, i);
    const { value, grads } = tf.valueAndGrads((...tensors) => {
      const weights = new Map(names.map((key, n) => [key, tensors[n] as (typeof tensors)[number]]));
      return model.loss(weights, uploaded.batch, uploaded.labels, examples.length, { dropout });
    })([...optimizer.weights.values()]);
    losses.push((await value.data())[0] as number);
    await optimizer.step(new Map(names.map((key, n) => [key, grads[n] as (typeof grads)[number]])), rate);
    for (const tensor of [value, ...grads]) tensor.dispose();
    uploaded.dispose();
  }
  const last = losses.slice(-10);
  return { seconds: (performance.now() - started) / 1000, loss: last.reduce((a, b) => a + b, 0) / last.length };
}

await answer({ prepare, steps });
