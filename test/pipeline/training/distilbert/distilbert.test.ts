import { existsSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Parameters } from '../../../../pipeline/onnx/architecture.ts';
import { bagLogOdds } from '../../../../pipeline/onnx/embedding-bag.ts';
import { openBackend } from '../../../../pipeline/training/backends/open.ts';
import { DistilbertConfig } from '../../../../pipeline/training/distilbert/config.ts';
import { distilbert } from '../../../../pipeline/training/distilbert/distilbert.ts';
import { TooFewRowsHeldOutError } from '../../../../pipeline/training/distilbert/errors.ts';
import { learn } from '../../../../pipeline/training/distilbert/train.ts';
import type { Report, TrainedModel } from '../../../../pipeline/training/trainer.ts';
import { readExamples } from '../../../../pipeline/training/transformer/examples.ts';
import { type Beside, exportTransformer } from '../../../../pipeline/training/transformer/export.ts';
import { uploadBatch } from '../../../../pipeline/training/transformer/length-batches.ts';
import { Model } from '../../../../pipeline/training/transformer/model.ts';
import { writeSafetensors } from '../../../../pipeline/training/transformer/safetensors-writer.ts';
import { digestOf } from '../../../../registry-repo/digest.ts';
import { MODEL_FILE } from '../../../../registry-repo/manifest.ts';
import { scanOnnx } from '../../../../registry-repo/onnx-scan/scan.ts';
import type { Row } from '../../../../registry-repo/rows.ts';
import { batchesOf } from '../../../../registry-repo/runtime/batches.ts';
import { createEncoder } from '../../../../registry-repo/runtime/encoder.ts';
import { FeatureIds } from '../../../../registry-repo/runtime/feature-ids.ts';
import { loadRuntime } from '../../../../registry-repo/runtime/load.ts';
import { type Feed, openSession } from '../../../../registry-repo/runtime/session.ts';
import { testedBackends } from '../../../support/backends.ts';
import { LABELS, rowsFor } from '../../../support/models.ts';
import { temporaryFolder } from '../../../support/paths.ts';
import { rejects } from '../../../support/rejects.ts';
import { trainingContext } from '../../../support/training-context.ts';

const tiny = {
  model: null,
  backend: 'wasm',
  maxLength: 16,
  batch: 8,
  epochs: 3,
  learningRate: 2e-3,
  validationShare: 0,
  checkpointSeconds: 0,
  sizes: { vocabulary: 200, width: 16, layers: 2, heads: 2, inner: 32 },
} as const;

const settings = (over: Record<string, unknown> = {}) => DistilbertConfig.parse({ ...tiny, ...over });
const digest = (parameters: Parameters) => digestOf(writeSafetensors(parameters));
const quiet: Report = { metric: () => {}, epoch: () => {}, progress: () => {} };

type Over = { report?: Report; signal?: AbortSignal; checkpoints?: string; seed?: number };
function context({
  report = quiet,
  signal = new AbortController().signal,
  checkpoints = temporaryFolder(),
  seed = 1,
}: Over = {}) {
  const folders = { config: checkpoints, cache: checkpoints, checkpoints };
  return trainingContext({ rows: rowsFor('train', 2), labels: LABELS, report, signal, folders, seed });
}

const s = suite('distilbert');

s('learns 32 examples by heart', async () => {
  const rows = rowsFor('train', 4)
    .filter((_, i) => i % 5 < 2)
    .slice(0, 32);
  const backend = await openBackend('wasm', { threads: 1 });
  const config = settings({ epochs: 30, learningRate: 6e-3, dropout: 0, validationShare: 0, weightDecay: 0 });
  const learned = await learn({ ...context(), rows }, config);
  const { train } = await readExamples({ ...context(), rows }, learned.tokenizer, config);
  const { batch } = uploadBatch(backend, train, learned.padId);
  const weights = new Map([...learned.parameters].map(([name, p]) => [name, backend.tf.tensor(p.data, [...p.shape])]));
  const logits = new Model(backend, learned.architecture).logits(weights, batch).dataSync();
  const right = train.filter(
    ({ label }, i) => (logits[2 * i + label] as number) > (logits[2 * i + 1 - label] as number),
  );
  assert.is(right.length, 32);
});

s('what is exported answers as what was trained', async () => {
  const backend = await openBackend('wasm', { threads: 1 });
  const config = settings({ epochs: 10 });
  const learned = await learn(context(), config);
  const { files, ...model } = exportTransformer(learned, LABELS, config.maxLength);
  const runtime = await loadRuntime({
    manifest: { labels: LABELS, ...model },
    file: (path) => files.find((f) => f.path === path)?.bytes as Uint8Array,
  });
  const rows = rowsFor('test', 1);
  const answers = await runtime.classify(rows.map((r) => r.text));
  await runtime.release();
  const { train } = await readExamples({ ...context(), rows }, learned.tokenizer, { ...config, validationShare: 0 });
  const { batch } = uploadBatch(backend, train, learned.padId);
  const weights = new Map([...learned.parameters].map(([name, p]) => [name, backend.tf.tensor(p.data, [...p.shape])]));
  const logits = new Model(backend, learned.architecture).logits(weights, batch).dataSync();
  const gaps = rows.map((_, i) => {
    const lead = (logits[2 * i] as number) - (logits[2 * i + 1] as number);
    return Math.abs((answers[2 * i] as number) - 1 / (1 + Math.exp(-lead)));
  });
  assert.ok(Math.max(...gaps) < 1e-4, String(Math.max(...gaps)));
});

for (const { name } of await testedBackends())
  if (name === 'webgpu') console.log('SKIPPED the same bytes on webgpu: it sums gradients of words in no fixed order');
  else
    s(`${name}: the same seed gives the same bytes, another seed others`, async () => {
      const config = settings({ backend: name, epochs: 1 });
      const once = digest((await learn(context(), config)).parameters);
      assert.is(digest((await learn(context(), config)).parameters), once);
      assert.is.not(digest((await learn(context({ seed: 2 }), config)).parameters), once);
    });

s(
  'a run that was stopped anywhere goes on from there, and ends with the same bytes as one that never was',
  async () => {
    const whole: string[] = [];
    const note = (to: string[]): Report => ({
      ...quiet,
      epoch: ({ epoch, metrics }) => to.push(`${epoch} ${JSON.stringify(metrics)}`),
    });
    const config = settings({ validationShare: 0.2, accumulation: 2, dropout: 0.1, checkpointSeconds: 1000 });
    const expected = digest((await learn(context({ report: note(whole) }), config)).parameters);
    for (const stopAt of [1, 2, 3, 5]) {
      const checkpoints = temporaryFolder();
      const stop = new AbortController();
      const report: Report = {
        ...quiet,
        progress: (stage, done) => stage === 'training' && done === stopAt && stop.abort('stopped'),
      };
      const failed = await learn(context({ report, signal: stop.signal, checkpoints }), config).catch(
        (reason) => reason,
      );
      assert.ok(failed === 'stopped', `not stopped at ${stopAt}`);
      const again: string[] = [];
      const { parameters } = await learn(context({ report: note(again), checkpoints }), config);
      assert.is(digest(parameters), expected, `stopped after ${stopAt} steps`);
      assert.equal(again, whole);
      assert.not(existsSync(checkpoints), 'there is nothing left to take up again');
    }
  },
);

s('accumulated gradients are those of one large batch', async () => {
  const rows = context().rows.slice(0, 16);
  const whole = await learn(
    { ...context(), rows },
    settings({ batch: 16, epochs: 1, dropout: 0, validationShare: 0, warmup: 0 }),
  );
  const parts = await learn(
    { ...context(), rows },
    settings({ batch: 4, accumulation: 4, epochs: 1, dropout: 0, validationShare: 0, warmup: 0 }),
  );
  for (const [name, { data }] of whole.parameters) {
    if (name.endsWith('key/bias')) continue; // their gradient is 0 but for rounding, and Adam blows that up
    const other = parts.parameters.get(name)?.data as Float32Array;
    const most = Math.max(...data.map((x, i) => Math.abs(x - (other[i] as number))));
    assert.ok(most < 2e-4, `${name} ${most}`);
  }
});

s('frozen layers stay, and no tensor is left behind', async () => {
  const { tf } = await openBackend('wasm', { threads: 1 });
  const before = tf.memory().numTensors;
  const start = (await learn(context(), settings({ epochs: 1, learningRate: 1e-12, weightDecay: 0 }))).parameters;
  const frozen = (await learn(context(), settings({ frozenLayers: 1 }))).parameters;
  assert.is(tf.memory().numTensors, before);
  const moved = (name: string) =>
    frozen.get(name)?.data.some((x, i) => Math.abs(x - (start.get(name)?.data[i] as number)) > 1e-6);
  for (const name of frozen.keys())
    if (!name.endsWith('key/bias')) assert.is(moved(name), !/^(?:embeddings|layer\/0)\//.test(name), name);
});

/** Words that end a text, beyond what the transformer reads. */
const far = (salt: string, each: number): Row[] =>
  rowsFor(salt, each).map(({ text, label }) => ({ text: `${'the '.repeat(20)}${text}`, label }));
const withNgrams = (over: Record<string, unknown> = {}) =>
  settings({ ngrams: true, epochs: 1, validationShare: 0.4, ...over });
const bytesOf = ({ files }: Pick<TrainedModel, 'files'>) =>
  files.find(({ path }) => path === MODEL_FILE)?.bytes as Uint8Array;

/** Share of right answers of what is exported. */
async function rightShare(model: TrainedModel, rows: readonly Row[], labels: readonly string[]): Promise<number> {
  const { files, preprocessor, contract } = model;
  assert.equal(scanOnnx(bytesOf(model), contract), []);
  const runtime = await loadRuntime({
    manifest: { labels: [...labels], preprocessor, contract },
    file: (path) => files.find((f) => f.path === path)?.bytes as Uint8Array,
  });
  const found = await runtime.classify(rows.map(({ text }) => text));
  await runtime.release();
  const k = labels.length;
  const answer = (i: number) => {
    const own = found.subarray(i * k, (i + 1) * k);
    return labels[own.indexOf(Math.max(...own))];
  };
  return rows.filter(({ label }, i) => answer(i) === label).length / rows.length;
}

s('n-grams beside it tell what it cannot see, and it is told how much each weighs', async () => {
  const metrics = new Map<string, number>();
  const report: Report = { ...quiet, metric: (name, value) => void metrics.set(name, value) };
  const rows = far('train', 12);
  const model = await distilbert.train({ ...context({ report }), rows }, withNgrams());
  assert.is(model.preprocessor.kind, 'combined');
  assert.ok((await rightShare(model, far('test', 2), LABELS)) > 0.95);
  const of = (name: string) => metrics.get(name) as number;
  assert.ok(of('mix/ngrams') > 0.5, `${of('mix/ngrams')}`);
  assert.ok(of('heldF1/ngrams') > 0.95 && of('heldF1/both') > 0.95 && of('heldF1/transformer') < 0.8);
  assert.ok(Number.isFinite(of('mix/transformer')));
});

s('with n-grams, the graph mixes what both answer alone', async () => {
  const rows = rowsFor('train', 8);
  const learned = await learn({ ...context(), rows }, withNgrams({ epochs: 2 }));
  const { mixture, preprocessor, tables } = learned.beside as Beside;
  const sessionOf = async (model: Omit<TrainedModel, 'pretrained'>) => {
    const session = await openSession(bytesOf(model), model.contract, 1);
    const encoder = createEncoder(model.preprocessor, model.contract.inputs, () => learned.tokenizer);
    const logits = (text: string) => session.run([...batchesOf(encoder, [text], 2)][0]?.feeds as Record<string, Feed>);
    return { logits, release: () => session.release() };
  };
  const both = await sessionOf(exportTransformer(learned, LABELS, 16, learned.beside));
  const alone = await sessionOf(exportTransformer(learned, LABELS, 16));
  const ids = new FeatureIds(preprocessor);
  for (const { text } of [...rowsFor('test', 1), { text: '' }]) {
    const [own, found] = [await alone.logits(text), await both.logits(text)];
    const lead = bagLogOdds(tables, ids.of(text))[0] as number;
    [-lead / 2, lead / 2].forEach((bag, k) => {
      const sum = mixture.slopes[0] * (own[k] as number) + mixture.slopes[1] * bag + (mixture.offset[k] as number);
      assert.ok(Math.abs(sum - (found[k] as number)) < 1e-4, `${text}: ${found[k]}, not ${sum}`);
    });
  }
  await Promise.all([both.release(), alone.release()]);
});

s('with n-grams, three labels of which one is rare', async () => {
  const labels = ['neg', 'other', 'pos'];
  const others = Array.from({ length: 24 }, (_, i) => ({
    text: `${'the '.repeat(20)} 42 and ${i} 42`,
    label: 'other',
  }));
  const rows = [...far('train', 8), ...others];
  const model = await distilbert.train({ ...context(), rows, labels }, withNgrams());
  assert.equal(model.contract.output.shape, ['batch', 3]);
  assert.ok((await rightShare(model, rows, labels)) > 0.95);
});

s(
  'with n-grams, a run that was stopped anywhere ends with the same bytes, whatever the number of threads',
  async () => {
    const rows = rowsFor('train', 8);
    const config = withNgrams({ checkpointSeconds: 1000 });
    const train = async (over: Over, workers = 1) =>
      digestOf(bytesOf(await distilbert.train({ ...context(over), rows, workers }, config)));
    const expected = await train({});
    assert.is(await train({}, 2), expected);
    assert.is.not(await train({ seed: 2 }), expected);
    for (const stage of ['reading n-grams', 'training', 'weighing']) {
      const checkpoints = temporaryFolder();
      const stop = new AbortController();
      const progress = (name: string) => void (name === stage && stop.abort(`stopped at ${stage}`));
      const over = { report: { ...quiet, progress }, signal: stop.signal, checkpoints };
      assert.is(await train(over).catch((reason) => reason), `stopped at ${stage}`);
      const steps: number[] = [];
      const note: Report = { ...quiet, metric: (name, value) => void (name === 'stepsResumed' && steps.push(value)) };
      assert.is(await train({ checkpoints, report: note }), expected, stage);
      assert.is(steps.length, stage === 'reading n-grams' ? 0 : 1, `${stage} is taken up again`);
      assert.not(existsSync(checkpoints), 'there is nothing left to take up again');
    }
  },
);

s('n-grams without rows to weigh them on are refused before anything is learnt', async () => {
  for (const [rows, validationShare] of [
    [rowsFor('train', 8), 0],
    [rowsFor('train', 1), 0.4],
  ] as const) {
    const progress = (stage: string) => assert.is.not(stage, 'training');
    const training = distilbert.train(
      { ...context({ report: { ...quiet, progress } }), rows },
      withNgrams({ validationShare }),
    );
    const { message, code } = await rejects(training, TooFewRowsHeldOutError);
    assert.is(code, 'too_few_rows_held_out');
    assert.match(message, /raise training\.config\.validationShare/);
  }
});

s.run();
