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
import { loadContext } from '../operations/dataset.ts';
import { findRun } from '../operations/find.ts';
import { type Loaded, modelFor } from '../operations/model.ts';
import { UsageError } from '../operations/not-found.ts';
import { averagingFor, runPorts } from '../operations/train.ts';
import { TrainingRepository } from '../source/repository.git.ts';
import { bytes, share, textTable } from '../table.ts';
import { runTraining } from '../training/run.ts';
import type { TrainedModel, Trainer } from '../training/trainer.ts';
import type { Workspace } from '../workspace.ts';
import type { Command, Invocation } from './command.ts';

/** Rows that speed and agreement are measured on. */
const COMPARED = 1000;

/** What a run of a quantized model records of it. */
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

export const quantizeModel: Command<Workspace> = {
  memory: 'computes',
  details:
    'The weights of matrix products and of embeddings are rounded to 8 bits, with a scale for each column; what they are multiplied with is rounded while the model runs. The result is a run and a candidate of its own, measured on the test rows of the run that made the original: `pawl promote` lets the same gate judge it. The original stays as it is. It answers the same on every processor. --signed and --seven-bits are faster where texts come many at a time and the processor has VNNI: signed bytes are as exact, but only Pawl’s own runtime keeps their sums from overflowing elsewhere; 7 bits never overflow, and are less exact.',
  json: true,
  arguments: [{ name: 'model', description: 'a run id, or a version: 2, v2, model@2' }],
  flags: [
    { flags: '--keep-embeddings', description: 'leave embeddings as they are: larger, a little more exact' },
    { flags: '--signed', description: 'for processors with VNNI: as exact, and faster there' },
    { flags: '--seven-bits', description: 'weights of 7 bits: faster, never overflows, less exact' },
  ],
  examples: [['pawl quantize v2', 'then: pawl promote']],
  async run(invocation) {
    const {
      args: [wanted = ''],
      flags,
      workspace,
      out,
      signal,
    } = invocation;
    const original = await modelFor(workspace, wanted);
    const { manifest } = original;
    const options = { embeddings: flags.keepEmbeddings !== true, weights: weightsOf(flags) };
    const quantised = await endable(signal, () => quantize(original.file(MODEL_FILE), options));
    const dataset = await datasetOf(invocation, manifest);
    const trained = adopted(original, quantised);
    const config: QuantizeConfig = {
      parent: manifest.run.id,
      manifest: original.digest,
      model: manifest.files.find(({ path }) => path === MODEL_FILE)?.digest as QuantizeConfig['model'],
      embeddings: options.embeddings,
      weights: options.weights,
    };
    const parent = findRun(await workspace.views(), manifest.run.id);
    const { runId, candidate } = await runTraining(
      runPorts(workspace, out, signal),
      {
        ...{ model: manifest.model, trainer: trainerOf(trained), config, workers: 1, seed: manifest.run.seed },
        trigger: { kind: 'manual' },
        code: await new TrainingRepository(workspace.loaded.root).code(),
        dataOptions: parent.dataOptions,
        averaging: () => averagingFor(workspace, manifest.model, manifest.labels),
      },
      async () => dataset,
    );
    const compared = await compare(workspace.openModel, original, trained, dataset.test);
    const value = {
      ...{ run: runId, candidate: candidate.ref, parent: original.name },
      ...{ products: quantised.products, tables: quantised.tables },
      measure: { original: claimName(manifest), quantised: claimName(candidate.manifest) },
      f1: { original: manifest.claimed.f1, quantised: candidate.manifest.claimed.f1 },
      modelBytes: { original: original.file(MODEL_FILE).length, quantised: quantised.bytes.length },
      ...compared,
    };
    out.result(value, () => describe(value));
    return 0;
  },
};

function weightsOf({ signed, sevenBits }: Invocation<Workspace>['flags']): ByteWeights {
  if (signed === true && sevenBits === true) throw new UsageError('--signed and --seven-bits exclude each other');
  if (signed === true) return 'signed';
  return sevenBits === true ? 'seven-bits' : 'unsigned';
}

async function datasetOf({ workspace, out, signal }: Invocation<Workspace>, manifest: Manifest): Promise<Dataset> {
  const parent = findRun(await workspace.views(), manifest.run.id);
  const options = DataOptions.parse(parent.dataOptions);
  const context = loadContext(workspace, out, signal);
  // What a model from elsewhere was trained on is not known; nor is it for what is made of it.
  const foreign = manifest.data.train.rows === 0;
  return foreign ? loadForeign(options, manifest.labels, context) : loadDataset(options, context);
}

function adopted({ manifest, file }: Loaded, { bytes: model }: Quantized): TrainedModel {
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

/** Both models on the same rows in turns, so that what else the machine does falls on both. */
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

type Compared = { readonly original: number; readonly quantised: number };
type Value = {
  readonly run: string;
  readonly parent: string;
  readonly products: number;
  readonly tables: number;
  readonly compared: number;
  readonly agreement: number;
  readonly measure: { readonly original: string; readonly quantised: string };
  readonly f1: Compared;
  readonly modelBytes: Compared;
  readonly textsPerSecond: Compared;
};

function describe(value: Value): string {
  const { run, parent, products, tables, compared, agreement, measure, f1, modelBytes, textsPerSecond: speed } = value;
  const row = (name: string, { original, quantised }: Compared, print: (n: number) => string) => [
    name,
    print(original),
    print(quantised),
  ];
  return [
    `run ${run}: ${parent} with ${products} matrix products and ${tables} embeddings as bytes`,
    textTable(
      ['', 'original', 'quantised'],
      [
        row(`${named(measure)}, as claimed`, f1, share),
        row('graph', modelBytes, bytes),
        row('texts a second', speed, (n) => String(Math.round(n))),
      ],
      [1, 2],
    ),
    `both answer alike on ${share(agreement)} of ${compared} test rows\nnext: pawl promote ${run}`,
  ].join('\n\n');
}

/** Both names where the original was measured by other rules. */
const named = ({ original, quantised }: Value['measure']): string =>
  original === quantised ? original : `${original} and ${quantised}`;
