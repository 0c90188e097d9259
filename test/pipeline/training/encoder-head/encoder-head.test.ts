import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bagLogOdds } from '../../../../pipeline/onnx/embedding-bag.ts';
import { featureContract, featureGraph, headContract, headGraph } from '../../../../pipeline/onnx/feature-graph.ts';
import { openBackend } from '../../../../pipeline/training/backends/open.ts';
import type { EncoderHeadConfig } from '../../../../pipeline/training/encoder-head/config.ts';
import { encoderHead } from '../../../../pipeline/training/encoder-head/encoder-head.ts';
import { featuresOf } from '../../../../pipeline/training/encoder-head/features.ts';
import { loadFrozenEncoder } from '../../../../pipeline/training/encoder-head/frozen-encoder.ts';
import { ngramScores } from '../../../../pipeline/training/encoder-head/ngram-scores.ts';
import type { TrainedModel, TrainingContext } from '../../../../pipeline/training/trainer.ts';
import { WeightsError } from '../../../../pipeline/training/transformer/errors.ts';
import { completeParameters } from '../../../../pipeline/training/transformer/initial.ts';
import { uploadBatch } from '../../../../pipeline/training/transformer/length-batches.ts';
import { Model } from '../../../../pipeline/training/transformer/model.ts';
import { digestOf } from '../../../../registry-repo/digest.ts';
import { MODEL_FILE } from '../../../../registry-repo/manifest.ts';
import { scanOnnx } from '../../../../registry-repo/onnx-scan/scan.ts';
import { Random } from '../../../../registry-repo/random.ts';
import type { Row } from '../../../../registry-repo/rows.ts';
import { batchesOf } from '../../../../registry-repo/runtime/batches.ts';
import type { Encoder } from '../../../../registry-repo/runtime/encoded-text.ts';
import { createEncoder } from '../../../../registry-repo/runtime/encoder.ts';
import { FeatureIds } from '../../../../registry-repo/runtime/feature-ids.ts';
import { loadRuntime } from '../../../../registry-repo/runtime/load.ts';
import type { Preprocessor } from '../../../../registry-repo/runtime/preprocessor.ts';
import { type Feed, openSession } from '../../../../registry-repo/runtime/session.ts';
import { goldenFile } from '../../../support/golden.ts';
import { LABELS, rowsFor as wordsFor } from '../../../support/models.ts';
import { temporaryFolder } from '../../../support/paths.ts';
import { rejects } from '../../../support/rejects.ts';
import { trainingContext } from '../../../support/training-context.ts';

const model = dirname(goldenFile('tiny-bert', 'config.json'));
/** With a space before the number, since the encoder has no word `good3`. */
const rowsFor = (salt: string, each: number): Row[] =>
  wordsFor(salt, each).map(({ text, label }) => ({ text: text.replace(/(?=\d$)/, ' '), label }));

const settings = (over: Partial<EncoderHeadConfig> = {}) =>
  encoderHead.config.parse({ model, maxLength: 32, states: [-1, 1], pooling: 'both', ngrams: false, ...over });

type Over = Partial<TrainingContext> & { readonly cache?: string };
function context({ cache = temporaryFolder(), ...over }: Over = {}): TrainingContext {
  const folders = { config: cache, cache, checkpoints: join(cache, 'checkpoints') };
  return trainingContext({ rows: rowsFor('train', 4), labels: LABELS, folders, ...over });
}

const train = (over: Partial<EncoderHeadConfig> = {}, of: Over = {}) => encoderHead.train(context(of), settings(over));
const bytesOf = (trained: TrainedModel) => trained.files.find((f) => f.path === MODEL_FILE)?.bytes as Uint8Array;
const digest = (trained: TrainedModel) => digestOf(bytesOf(trained));

/** Keeps the last value of every metric. */
function watched() {
  const metrics = new Map<string, number>();
  const metric = (name: string, value: number) => void metrics.set(name, value);
  return { metrics, report: { metric, epoch: () => {}, progress: () => {} } };
}

async function rightShare(trained: TrainedModel, rows: readonly Row[], labels: readonly string[]): Promise<number> {
  const { files, preprocessor, contract } = trained;
  const runtime = await loadRuntime({
    manifest: { labels: [...labels], preprocessor, contract },
    file: (path) => files.find((f) => f.path === path)?.bytes as Uint8Array,
  });
  const flat = await runtime.classify(rows.map(({ text }) => text));
  await runtime.release();
  const k = labels.length;
  const right = rows.filter(({ label }, i) => {
    const own = [...flat.subarray(i * k, (i + 1) * k)];
    return labels[own.indexOf(Math.max(...own))] === label;
  });
  return right.length / rows.length;
}

const s = suite('encoder-head');

s('learns with an encoder of random weights, and what is exported answers so', async () => {
  const { metrics, report } = watched();
  const trained = await train({}, { report });
  assert.ok((await rightShare(trained, rowsFor('train', 4), LABELS)) > 0.95);
  const unseen = await rightShare(trained, rowsFor('test', 4), LABELS);
  assert.ok(unseen > 0.85, `${unseen} of unseen texts`);
  assert.is(metrics.get('features'), 48 * 2 * 2);
  assert.is(metrics.get('rows'), rowsFor('train', 4).length);
  for (const name of ['tokens', 'tokensPerSecond', 'encodedTokensPerSecond'])
    assert.ok((metrics.get(name) as number) > 0, name);
  assert.is(metrics.get('truncatedShare'), 0);
  assert.match(trained.pretrained?.digest as string, /^sha256:/);
  assert.is(trained.contract.output.values, 'logits');
});

s('what is exported passes the scan that the gate makes', async () => {
  for (const over of [{}, { ngrams: true }, { precision: 'int8' }, { ngrams: true, precision: 'int7' }] as const) {
    const trained = await train(over);
    assert.equal(scanOnnx(bytesOf(trained), trained.contract), [], JSON.stringify(over));
  }
});

s('features are the hidden states of the encoder, without padding', async () => {
  const texts = ['the film', 'a very long and winding text about a film that never ends', 'good', ''];
  const of = context();
  const frozen = await loadFrozenEncoder(of, settings({ states: [0, 2], pooling: 'both' }));
  const values = await featuresOf(frozen, texts, of);
  const { architecture, parameters, padId } = frozen.pretrained;
  const backend = await openBackend('wasm', { threads: 1 });
  const { tf } = backend;
  const all = completeParameters(architecture, 2, 1, parameters);
  const weights = new Map([...all].map(([name, p]) => [name, tf.tensor(p.data, [...p.shape])]));
  const w = architecture.width;
  texts.forEach((text, row) => {
    const ids = frozen.encoder.encode(text)[frozen.preprocessor.inputs.ids] as Int32Array;
    const { batch } = uploadBatch(backend, [{ ids, label: 0 }], padId);
    const seen = new Map<string, Float32Array>();
    new Model(backend, architecture).logits(weights, batch, {
      watch: (name, value) => void seen.set(name, value.dataSync() as Float32Array),
    });
    [0, 2].forEach((state, at) => {
      const hidden = seen.get(`hidden/${state}`) as Float32Array;
      for (let j = 0; j < w; j++) {
        let mean = 0;
        for (let t = 0; t < ids.length; t++) mean += (hidden[t * w + j] as number) / ids.length;
        const own = values.subarray(row * frozen.width + at * 2 * w);
        assert.ok(Math.abs((own[j] as number) - mean) < 1e-5, `mean ${state} ${j} of ${text}`);
        assert.ok(Math.abs((own[w + j] as number) - (hidden[j] as number)) < 1e-5, `first ${state} ${j} of ${text}`);
      }
    });
  });
});

s('the same rows, settings and seed give the same bytes, whatever the number of threads', async () => {
  const once = digest(await train());
  for (const workers of [1, 2, 3]) assert.is(digest(await train({}, { workers })), once);
  const both = { ngrams: true, precision: 'int8' } as const;
  const combined = digest(await train(both));
  assert.is.not(combined, once);
  for (const workers of [1, 3]) assert.is(digest(await train(both, { workers })), combined);
  assert.is.not(digest(await train(both, { seed: 2 })), combined);
});

s(
  'a second run finds the features, also with fewer rows and another seed; what has changed on disk is made again',
  async () => {
    const cache = temporaryFolder();
    const rows = rowsFor('many', 120);
    assert.ok(rows.length > 1024);
    const run = async (over: Partial<EncoderHeadConfig> = {}, seed = 1) => {
      const { metrics, report } = watched();
      const made = digest(await train({ cost: 0.01, ...over }, { cache, report, seed, rows }));
      return { made, cached: metrics.get('textsCached') };
    };
    const first = await run();
    assert.is(first.cached, 0);
    assert.equal(await run(), { made: first.made, cached: rows.length });
    assert.is((await run({}, 2)).cached, rows.length);
    assert.is((await run({ rows: 1024 })).cached, 1024);
    assert.is((await run({ pooling: 'mean' })).cached, 0);
    assert.is((await run({ precision: 'int8' })).cached, 0);
    assert.is((await run({ ngrams: true })).cached, rows.length);
    const other = await run({ rows: 1100 });
    assert.is(other.cached, 1024);
    const folder = join(cache, 'features');
    for (const name of readdirSync(folder)) {
      const bytes = readFileSync(join(folder, name));
      bytes[bytes.length - 3] = (bytes[bytes.length - 3] as number) ^ 1;
      writeFileSync(join(folder, name), bytes);
    }
    assert.equal(await run(), first);
    for (const name of readdirSync(folder)) writeFileSync(join(folder, name), 'nothing');
    assert.equal(await run(), first);
  },
);

s('three labels, of which one is rare', async () => {
  const labels = ['neg', 'other', 'pos'];
  const rows = [
    ...rowsFor('train', 4),
    ...['42', '17 and 3', '2 2 2', '999'].map((text) => ({ text, label: 'other' })),
  ];
  for (const ngrams of [false, true]) {
    const trained = await train({ ngrams }, { rows, labels });
    assert.equal(trained.contract.output.shape, ['batch', 3]);
    assert.ok((await rightShare(trained, rows, labels)) > 0.9);
  }
});

s('n-grams tell what the encoder cannot see', async () => {
  // The encoder reads the beginning alone.
  const far = (salt: string) =>
    rowsFor(salt, 4).map(({ text, label }) => ({ text: `${'the '.repeat(20)}${text}`, label }));
  const { metrics, report } = watched();
  const over = { maxLength: 8 };
  const alone = await train(over, { rows: far('train') });
  const both = await train({ ...over, ngrams: true }, { rows: far('train'), report });
  const share = async (trained: TrainedModel) => rightShare(trained, far('test'), LABELS);
  assert.ok((await share(alone)) < 0.6, `${await share(alone)} alone`);
  assert.ok((await share(both)) > 0.95, `${await share(both)} together`);
  assert.ok((metrics.get('ngrams/features') as number) > 20);
  assert.is(both.preprocessor.kind, 'combined');
  assert.equal(
    both.contract.inputs.map(({ name }) => name),
    ['ids', 'input_ids', 'attention_mask'],
  );
});

s('with n-grams, logits are those of the encoder’s part and of the bag, whatever stands beside a text', async () => {
  for (const precision of ['float32', 'int8'] as const) {
    const of = context();
    const config = settings({ precision });
    const { encoding, width, encoder, preprocessor: tokens, pretrained } = await loadFrozenEncoder(of, config);
    const { tables, preprocessor } = await ngramScores(
      of,
      of.rows,
      Int32Array.from(of.rows, ({ label }) => LABELS.indexOf(label)),
    );
    const random = Random.named('head');
    const numbers = (size: number) => Float32Array.from({ length: size }, () => random.bits() / 2 ** 32 - 0.5);
    const head = { kernel: numbers(width * 2), beside: numbers(2), bias: numbers(2) };
    const contract = headContract(2, true);
    const combined: Preprocessor = { kind: 'combined', parts: [preprocessor, tokens] };
    const session = await openSession(headGraph(encoding, head, tables), contract, 1);
    const parts = await openSession(featureGraph(encoding), featureContract(width), 1);
    const both = createEncoder(combined, contract.inputs, () => pretrained.tokenizer);
    const ids = new FeatureIds(preprocessor);
    for (const text of ['the film', '', 'the train film number 2 was good 3', 'bad 1 '.repeat(30)]) {
      const feedsOf = (by: Encoder) => [...batchesOf(by, [text], 2)][0]?.feeds as Record<string, Feed>;
      const logits = await session.run(feedsOf(both));
      const features = await parts.run(feedsOf(encoder));
      const bag = bagLogOdds(tables, ids.of(text));
      for (const k of [0, 1]) {
        let sum = (head.bias[k] as number) + (bag[0] as number) * (head.beside[k] as number);
        for (let j = 0; j < width; j++) sum += (features[j] as number) * (head.kernel[2 * j + k] as number);
        assert.ok(Math.abs(sum - (logits[k] as number)) < 1e-4, `${precision} ${text}: ${logits[k]}, not ${sum}`);
      }
    }
    await Promise.all([session.release(), parts.release()]);
  }
});

for (const over of [
  { states: [0] },
  { states: [-1] },
  { pooling: 'first' },
  { pooling: 'mean' },
  { maxLength: 8 },
  { cost: 1 },
  { rows: 20 },
  { iterations: 2 },
  { precision: 'int8' },
  { precision: 'int7' },
  { ngrams: true },
  { ngrams: true, rows: 20 },
] satisfies Partial<EncoderHeadConfig>[])
  s(`the setting ${JSON.stringify(over)} makes another model that works`, async () => {
    const trained = await train(over);
    assert.is.not(digest(trained), digest(await train({ cost: 0.01 })));
    assert.ok((await rightShare(trained, rowsFor('train', 4), LABELS)) >= 0.5);
  });

s('settings that the encoder cannot have are refused', async () => {
  assert.match(
    (await rejects(train({ states: [4] }), WeightsError)).message,
    /has 3 layers: set states to numbers from -4 to 3/,
  );
  assert.match((await rejects(train({ maxLength: 128 }), WeightsError)).message, /takes 64 tokens at most/);
});

s('an abort ends it with its reason, at any time', async () => {
  for (const stage of ['reading n-grams', 'encoding', 'choosing the cost', 'fitting']) {
    const controller = new AbortController();
    const progress = (name: string) => void (name === stage && controller.abort(new Error(`enough ${stage}`)));
    const report = { metric: () => {}, epoch: () => {}, progress };
    const outcome = await train({ ngrams: true }, { signal: controller.signal, report }).catch((e: Error) => e.message);
    assert.is(outcome, `enough ${stage}`);
  }
});

s.run();
