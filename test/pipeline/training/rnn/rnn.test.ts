import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openBackend } from '../../../../pipeline/training/backends/open.ts';
import { RnnModel } from '../../../../pipeline/training/rnn/model.ts';
import { rnn } from '../../../../pipeline/training/rnn/rnn.ts';
import { exportRnn, type LearntRnn, learn } from '../../../../pipeline/training/rnn/train.ts';
import type { Report } from '../../../../pipeline/training/trainer.ts';
import { readExamples } from '../../../../pipeline/training/transformer/examples.ts';
import { uploadBatch } from '../../../../pipeline/training/transformer/length-batches.ts';
import { NEW_PAD_ID } from '../../../../pipeline/training/transformer/new-vocabulary.ts';
import { writeSafetensors } from '../../../../pipeline/training/transformer/safetensors-writer.ts';
import { digestOf } from '../../../../registry-repo/digest.ts';
import { scanOnnx } from '../../../../registry-repo/onnx-scan/scan.ts';
import type { Row } from '../../../../registry-repo/rows.ts';
import { loadRuntime } from '../../../../registry-repo/runtime/load.ts';
import { testedBackends } from '../../../support/backends.ts';
import { LABELS, rowsFor } from '../../../support/models.ts';
import { temporaryFolder } from '../../../support/paths.ts';
import { trainingContext } from '../../../support/training-context.ts';

const tiny = {
  backend: 'wasm',
  ...{ maxLength: 16, batch: 8, epochs: 4, learningRate: 0.02, validationShare: 0, checkpointSeconds: 1000 },
  ...{ vocabulary: 200, embedding: 8, hidden: 6 },
} as const;
const settings = (over: Record<string, unknown> = {}) => rnn.config.parse({ ...tiny, ...over });
const quiet: Report = { metric: () => {}, epoch: () => {}, progress: () => {} };
const digest = ({ parameters }: LearntRnn) => digestOf(writeSafetensors(parameters));

type Over = { report?: Report; signal?: AbortSignal; checkpoints?: string; seed?: number; rows?: readonly Row[] };
function context({ checkpoints = temporaryFolder(), rows = rowsFor('train', 2), ...over }: Over = {}) {
  const folders = { config: checkpoints, cache: checkpoints, checkpoints };
  return trainingContext({ rows, labels: LABELS, folders, report: quiet, ...over });
}

const s = suite('rnn');

s('learns, and says so epoch by epoch', async () => {
  const shares: number[] = [];
  const report: Report = { ...quiet, epoch: ({ metrics }) => void shares.push(metrics.validationF1 as number) };
  await learn(
    context({ report, rows: rowsFor('train', 6) }),
    settings({ epochs: 8, validationShare: 0.2, patience: 0 }),
  );
  assert.is(shares.length, 8);
  assert.ok(Math.max(...shares) > 0.95, String(shares));
});

for (const over of [
  {},
  { summary: 'mean' },
  { summary: 'last' },
  { bidirectional: false },
  { bidirectional: false, summary: 'last', layers: 2 },
  { layers: 2 },
])
  s(`what is exported answers as what was trained: ${JSON.stringify(over)}`, async () => {
    const backend = await openBackend('wasm', { threads: 1 });
    const { tf } = backend;
    const config = settings({ epochs: 3, ...over });
    const learnt = await learn(context(), config);
    const { files, ...exported } = exportRnn(learnt, config.maxLength);
    assert.equal(scanOnnx(files[0]?.bytes as Uint8Array, exported.contract), []);
    const runtime = await loadRuntime({
      manifest: { labels: LABELS, ...exported },
      file: (path) => files.find((f) => f.path === path)?.bytes as Uint8Array,
    });
    const rows = ['', 'good', 'the film was bad1 and of many more words than any other', 'xyz 17 good3'].map(
      (text) => ({
        text,
        label: 'pos',
      }),
    );
    const answers = await runtime.classify(rows.map((row) => row.text));
    await runtime.release();
    const { train } = await readExamples({ ...context(), rows }, learnt.tokenizer, { ...config, validationShare: 0 });
    const { batch } = uploadBatch(backend, train, NEW_PAD_ID);
    const weights = new Map([...learnt.parameters].map(([name, p]) => [name, tf.tensor(p.data, [...p.shape])]));
    const logits = new RnnModel(backend, learnt.shape, 0.3).logits(weights, batch).dataSync();
    rows.forEach((_, i) => {
      const lead = (logits[2 * i] as number) - (logits[2 * i + 1] as number);
      const off = Math.abs((answers[2 * i] as number) - 1 / (1 + Math.exp(-lead)));
      assert.ok(off < 1e-5, `text ${i} is off by ${off}`);
    });
  });

for (const { name } of await testedBackends())
  if (name === 'webgpu') console.log('SKIPPED the same bytes on webgpu: it sums gradients of words in no fixed order');
  else
    s(`${name}: the same seed gives the same bytes, another seed others`, async () => {
      const config = settings({ backend: name, epochs: 2 });
      const once = digest(await learn(context(), config));
      assert.is(digest(await learn(context(), config)), once);
      assert.is.not(digest(await learn(context({ seed: 2 }), config)), once);
    });

s('a run that was stopped goes on from there, and ends with the same bytes as one that never was', async () => {
  const config = settings({ validationShare: 0.2 });
  const expected = digest(await learn(context(), config));
  const checkpoints = temporaryFolder();
  const stop = new AbortController();
  const report: Report = {
    ...quiet,
    progress: (stage, done) => stage === 'training' && done === 6 && stop.abort('stopped'),
  };
  const failed = await learn(context({ report, signal: stop.signal, checkpoints }), config).catch((reason) => reason);
  assert.is(failed, 'stopped');
  const resumed: number[] = [];
  const again: Report = { ...quiet, metric: (name, value) => name === 'stepsResumed' && resumed.push(value) };
  assert.is(digest(await learn(context({ checkpoints, report: again }), config)), expected);
  assert.equal(resumed, [6]);
});

s('no tensor is left behind', async () => {
  const { tf } = await openBackend('wasm', { threads: 1 });
  const before = tf.memory().numTensors;
  await learn(context(), settings({ epochs: 1 }));
  assert.is(tf.memory().numTensors, before);
});

s.run();
