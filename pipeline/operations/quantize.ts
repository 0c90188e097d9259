import * as z from 'zod';
import { claimName } from '../../registry-repo/averaging.ts';
import { type Manifest, MODEL_FILE } from '../../registry-repo/manifest.ts';
import type { Row } from '../../registry-repo/rows.ts';
import { filesOf } from '../../registry-repo/runtime/preprocessor.ts';
import type { OpenModel, Runtime } from '../../registry-repo/runtime/runtime.ts';
import { Digest } from '../../registry-repo/values.ts';
import { type Dataset, loadDataset, loadForeign } from '../data/load.ts';
import { DataOptions } from '../data/options.ts';
import { endable } from '../endable.ts';
import { type ByteWeights, type Quantized, quantize } from '../onnx/quantize.ts';
import type { Listener } from '../progress.ts';
import { TrainingRepository } from '../source/repository.git.ts';
import { type RunOutcome, runTraining } from '../training/run.ts';
import type { TrainedModel, Trainer } from '../training/trainer.ts';
import type { Viewing } from '../world.ts';
import { loadContext } from './dataset.ts';
import { findRun } from './find.ts';
import { type Loaded, modelFor } from './model.ts';
import { averagingFor, runPorts, type TrainWorld } from './train.ts';

/** How many rows speed and agreement are measured on. */
const COMPARED = 1000;

/** What a run of a quantized model records about it. */
const QuantizeConfig = z.strictObject({
  /** The run that made the original. */
  parent: z.string().min(1).max(100),
  /** The original's manifest and graph. */
  manifest: Digest,
  model: Digest,
  embeddings: z.boolean(),
  weights: z.enum(['unsigned', 'seven-bits', 'signed']),
});
type QuantizeConfig = z.infer<typeof QuantizeConfig>;

/** A figure of the original model, and of the quantized one. */
export type Beside = { readonly original: number; readonly quantised: number };

/** The resulting run and candidate, and how both models compare. */
export type QuantizedRun = {
  readonly run: string;
  readonly candidate: RunOutcome['candidate']['ref'];
  /** The original's name. */
  readonly parent: string;
  /** Matrix products and embeddings whose weights are now bytes. */
  readonly products: number;
  readonly tables: number;
  /** The name of each claim's F1. */
  readonly measure: { readonly original: string; readonly quantised: string };
  readonly f1: Beside;
  readonly modelBytes: Beside;
  /** How many test rows both models classified, and the share that both answered alike. */
  readonly compared: number;
  readonly agreement: number;
  readonly textsPerSecond: Beside;
};

type QuantizeWorld = TrainWorld & Viewing & Parameters<typeof modelFor>[0];

/** Makes a candidate whose weights are bytes from a model, measured on the test rows of the run that made the model. */
export async function quantizeModel(
  world: QuantizeWorld,
  wanted: string,
  options: { readonly embeddings: boolean; readonly weights: ByteWeights },
  listener: Listener,
  signal: AbortSignal,
): Promise<QuantizedRun> {
  const original = await modelFor(world, wanted);
  const { manifest } = original;
  const quantized = await endable(signal, () => quantize(original.file(MODEL_FILE), options));
  const parent = findRun(await world.views(), manifest.run.id);
  const dataset = await datasetOf(world, parent.dataOptions, manifest, listener, signal);
  const trained = withWeights(original, quantized);
  const config: QuantizeConfig = {
    parent: manifest.run.id,
    manifest: original.digest,
    model: manifest.files.find(({ path }) => path === MODEL_FILE)?.digest as QuantizeConfig['model'],
    ...options,
  };
  const { runId, candidate } = await runTraining(
    runPorts(world, listener, signal),
    {
      ...{ model: manifest.model, trainer: trainerOf(trained), config, workers: 1, seed: manifest.run.seed },
      trigger: { kind: 'manual' },
      code: await new TrainingRepository(world.loaded.root).code(),
      dataOptions: parent.dataOptions,
      averaging: () => averagingFor(world, manifest.model, manifest.labels),
    },
    async () => dataset,
  );
  return {
    ...{ run: runId, candidate: candidate.ref, parent: original.name },
    ...{ products: quantized.products, tables: quantized.tables },
    measure: { original: claimName(manifest), quantised: claimName(candidate.manifest) },
    f1: { original: manifest.claimed.f1, quantised: candidate.manifest.claimed.f1 },
    modelBytes: { original: original.file(MODEL_FILE).length, quantised: quantized.bytes.length },
    ...(await compare(world.openModel, original, trained, dataset.test)),
  };
}

async function datasetOf(
  world: TrainWorld,
  dataOptions: unknown,
  manifest: Manifest,
  listener: Listener,
  signal: AbortSignal,
): Promise<Dataset> {
  const options = DataOptions.parse(dataOptions);
  const context = loadContext(world, listener, signal);
  // The training rows of an imported model are not known, and so neither are those of a model made from it.
  const foreign = manifest.data.train.rows === 0;
  return foreign ? loadForeign(options, manifest.labels, context) : loadDataset(options, context);
}

function withWeights({ manifest, file }: Loaded, { bytes: model }: Quantized): TrainedModel {
  const { preprocessor, contract } = manifest;
  const more = filesOf(preprocessor).map((path) => ({ path, bytes: file(path) }));
  const pretrained = manifest.pretrained && { pretrained: manifest.pretrained };
  return { files: [{ path: MODEL_FILE, bytes: model }, ...more], preprocessor, contract, ...pretrained };
}

const trainerOf = (trained: TrainedModel): Trainer => ({
  name: 'quantize',
  summary: 'weights of another model as bytes',
  config: QuantizeConfig,
  train: async () => trained,
});

/** Times both models on the same rows in turns, so that other load on the machine affects both. */
async function compare(open: OpenModel, original: Loaded, trained: TrainedModel, rows: readonly Row[]) {
  const step = Math.max(1, Math.floor(rows.length / COMPARED));
  const texts = rows.filter((_, i) => i % step === 0).map(({ text }) => text);
  const { labels } = original.manifest;
  const files = new Map(trained.files.map(({ path, bytes: content }) => [path, content]));
  const manifest = { labels, preprocessor: trained.preprocessor, contract: trained.contract };
  const before = await open(original);
  const after = await open({ manifest, files });
  try {
    const seconds = { original: 0, quantised: 0 };
    let agree = 0;
    for (let from = 0; from < texts.length; from += 32) {
      const batch = texts.slice(from, from + 32);
      const answers = {
        original: await timed(before, batch, (s) => (seconds.original += s)),
        quantised: await timed(after, batch, (s) => (seconds.quantised += s)),
      };
      for (let i = 0; i < batch.length; i++)
        if (best(answers.original, i, labels.length) === best(answers.quantised, i, labels.length)) agree++;
    }
    const rate = (s: number) => texts.length / Math.max(s, 1e-9);
    const textsPerSecond = { original: rate(seconds.original), quantised: rate(seconds.quantised) };
    return { compared: texts.length, agreement: agree / texts.length, textsPerSecond };
  } finally {
    await Promise.all([before.release(), after.release()]);
  }
}

async function timed(runtime: Runtime, texts: readonly string[], add: (seconds: number) => void) {
  const started = performance.now();
  const answers = await runtime.classify(texts);
  add((performance.now() - started) / 1000);
  return answers;
}

function best(answers: Float32Array, row: number, labels: number): number {
  const own = answers.subarray(row * labels, (row + 1) * labels);
  return own.indexOf(Math.max(...own));
}
