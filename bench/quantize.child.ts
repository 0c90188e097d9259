import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadDataset } from '../pipeline/data/load.ts';
import { DataOptions } from '../pipeline/data/options.ts';
import { metricsOf } from '../pipeline/evaluation/metrics.ts';
import { type ByteWeights, quantize } from '../pipeline/onnx/quantize.ts';
import { readArchitecture } from '../pipeline/training/transformer/config-json.ts';
import type { Row } from '../registry-repo/rows.ts';
import { REVIEWS } from './measure.ts';
import { answer, tell } from './process.ts';
import { open, save, stopwatch, trainWith } from './trained.ts';

const BATCH = 32;
/** How many tokens of a review are read. */
const LONGEST = 256;

async function reviews(imdb: string, folder: string) {
  return loadDataset(DataOptions.parse({ kind: 'imdb', path: imdb }), { folder, cacheFolder: folder });
}

export type HeadInput = { imdb: string; folder: string; weights: string; rows: number; workers: number };

/** A classifier that is made quickly: a frozen pretrained encoder, and a head. */
async function head({ imdb, folder, weights, rows, workers }: HeadInput): Promise<number> {
  mkdirSync(folder, { recursive: true });
  const { train, facts } = await reviews(imdb, folder);
  const { labels } = facts;
  const folders = { config: folder, cache: folder, checkpoints: folder };
  const { positions } = readArchitecture(readFileSync(join(weights, 'config.json')));
  const config = { model: weights, rows, maxLength: Math.min(LONGEST, positions) };
  save(folder, labels, await trainWith('encoder-head', config, { rows: train, labels, workers, folders }));
  return train.length;
}

export type BytesInput = { from: string; to: string; weights: ByteWeights };
/** @returns how many matrix products have bytes now */
async function bytes({ from, to, weights }: BytesInput): Promise<number> {
  const { bytes: small, products } = quantize(readFileSync(join(from, 'model.onnx')), { embeddings: true, weights });
  await complete({ from, to });
  writeFileSync(join(to, 'model.onnx'), small);
  return products;
}

/** Everything of a model but its graph, which another program writes. */
async function complete({ from, to }: { from: string; to: string }): Promise<number> {
  mkdirSync(to, { recursive: true });
  for (const name of ['description.json', 'tokenizer.json'])
    writeFileSync(join(to, name), readFileSync(join(from, name)));
  return 0;
}

export type CompareInput = { imdb: string; folder: string; models: readonly string[]; texts: number; rounds: number };
export type Compared = {
  readonly megabytes: number;
  readonly f1: number;
  /**
   * Share of the texts on which it gives the same answer as the first model, and the largest difference of a
   * probability.
   */
  readonly agreement: number;
  readonly farthest: number;
  /** One a round. */
  readonly textsPerSecond: readonly number[];
};

/**
 * All models in one process, one thread each, in turns of a few texts, so that other load on the machine affects all.
 */
async function compare({ imdb, folder, models, texts, rounds }: CompareInput): Promise<Compared[]> {
  const { test, facts } = await reviews(imdb, folder);
  const step = Math.max(1, Math.floor(test.length / texts));
  const rows = test.filter((_, i) => i % step === 0).slice(0, texts);
  const runtimes = await Promise.all(models.map(open));
  const found = models.map(() => [] as number[]);
  const speeds = models.map(() => [] as number[]);
  for (let round = 0; round < rounds; round++) {
    const seconds = models.map(() => 0);
    for (let at = 0; at < rows.length; at += BATCH) {
      tell('comparing', round * rows.length + at, rounds * rows.length);
      const batch = rows.slice(at, at + BATCH).map(({ text }) => text);
      for (const [m, runtime] of runtimes.entries()) {
        const took = stopwatch();
        const answers = await runtime.classify(batch);
        seconds[m] = (seconds[m] as number) + took();
        if (round === 0) (found[m] as number[]).push(...answers);
      }
    }
    seconds.forEach((s, m) => void (speeds[m] as number[]).push(rows.length / s));
  }
  await Promise.all(runtimes.map((runtime) => runtime.release()));
  return models.map((model, m) => ({
    megabytes: readFileSync(join(model, 'model.onnx')).length / 1e6,
    ...held(rows, facts.labels, found[m] as number[], found[0] as number[]),
    textsPerSecond: speeds[m] as number[],
  }));
}

function held(rows: readonly Row[], labels: readonly string[], own: readonly number[], first: readonly number[]) {
  const best = (of: readonly number[], row: number) => ((of[2 * row] as number) >= (of[2 * row + 1] as number) ? 0 : 1);
  const confusion = [
    [0, 0],
    [0, 0],
  ];
  let [same, farthest] = [0, 0];
  rows.forEach(({ label }, row) => {
    (confusion[labels.indexOf(label)] as number[])[best(own, row)]! += 1;
    if (best(own, row) === best(first, row)) same++;
    farthest = Math.max(farthest, Math.abs((own[2 * row + 1] as number) - (first[2 * row + 1] as number)));
  });
  return { f1: metricsOf(labels, confusion, REVIEWS.positive).f1 as number, agreement: same / rows.length, farthest };
}

await answer({ head, bytes, complete, compare });
