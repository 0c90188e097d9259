import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { NbsvmDvConfig } from '../../../../pipeline/training/nbsvm-dv/config.ts';
import { nbsvmDv } from '../../../../pipeline/training/nbsvm-dv/nbsvm-dv.ts';
import type { TrainedModel, TrainingContext } from '../../../../pipeline/training/trainer.ts';
import { digestOf } from '../../../../registry-repo/digest.ts';
import type { Row } from '../../../../registry-repo/rows.ts';
import { loadRuntime } from '../../../../registry-repo/runtime/load.ts';
import { dataFolder, load } from '../../../support/data.ts';
import { trainingContext } from '../../../support/training-context.ts';

const QUICK = { dimensions: 16, vectorCount: 3, vectorEpochs: 3, folds: 2 } satisfies Partial<NbsvmDvConfig>;

const trainOn = (rows: readonly Row[], over: Partial<NbsvmDvConfig> = {}, context: Partial<TrainingContext> = {}) => {
  const labels = [...new Set(rows.map((row) => row.label))].sort();
  return nbsvmDv.train(
    trainingContext({ rows, labels, workers: 1, ...context }),
    nbsvmDv.config.parse({ ...QUICK, ...over }),
  );
};

const digest = (model: TrainedModel) => digestOf(model.files[0]?.bytes as Uint8Array);

async function rightShare(model: TrainedModel, rows: readonly Row[]): Promise<number> {
  const labels = [...new Set(rows.map((row) => row.label))].sort();
  const manifest = { labels, preprocessor: model.preprocessor, contract: model.contract };
  const runtime = await loadRuntime({ manifest, file: () => model.files[0]?.bytes as Uint8Array });
  const flat = await runtime.classify(rows.map(({ text }) => text));
  await runtime.release();
  const right = rows.filter(({ label }, i) => {
    const own = [...flat.subarray(i * labels.length, (i + 1) * labels.length)];
    return labels[own.indexOf(Math.max(...own))] === label;
  });
  return right.length / rows.length;
}

const { train, test } = await load({ kind: 'sample', train: 800, test: 300 }, dataFolder());
const unlabelled = (await load({ kind: 'sample', seed: 2, train: 800, test: 2 }, dataFolder())).train.map(
  (r) => r.text,
);
const base = await trainOn(train, {}, { unlabelled });
const withLabelsAlone = await trainOn(train);

const s = suite('nbsvm-dv');

s('the same texts, settings and seed give the same bytes, whatever the number of threads', async () => {
  for (const workers of [2, 3, 5]) assert.is(digest(await trainOn(train, {}, { unlabelled, workers })), digest(base));
});

s('another seed, and other texts without labels, give another model', async () => {
  assert.is.not(digest(await trainOn(train, {}, { unlabelled, seed: 2 })), digest(base));
  assert.is.not(digest(withLabelsAlone), digest(base));
});

s('learns the sample, with and without texts that have no label', async () => {
  for (const model of [base, withLabelsAlone]) assert.ok((await rightShare(model, test)) > 0.82);
});

s('the exported model says what the trainer measured on rows held back', async () => {
  const metrics = new Map<string, number>();
  const report = {
    metric: (name: string, value: number) => void metrics.set(name, value),
    epoch: () => {},
    progress: () => {},
  };
  const model = await trainOn(train, { folds: 5 }, { unlabelled, report });
  const held = metrics.get('held/both') as number;
  assert.ok(held >= (metrics.get('held/vectors') as number) - 0.01);
  assert.ok(Math.abs((await rightShare(model, test)) - held) < 0.05, `${held}`);
  assert.is(metrics.get('vectors/texts'), 1600);
});

for (const over of [
  { dimensions: 32 },
  { vectorCount: 30 },
  { vectorEpochs: 1 },
  { vectorRate: 0.02 },
  { negatives: 2 },
  { weightFloor: 1 },
  { weighting: 'idf' },
  { weighting: 'plain' },
  { vectorCost: 0.01 },
  { folds: 3 },
  { order: 1 },
  { bits: 12 },
] satisfies Partial<NbsvmDvConfig>[])
  s(`the setting ${JSON.stringify(over)} makes another model that works`, async () => {
    const model = await trainOn(train, over, { unlabelled });
    assert.is.not(digest(model), digest(base));
    assert.ok((await rightShare(model, test)) > 0.75);
  });

s('twelve labels are learnt, one against the rest', async () => {
  const rows = Array.from({ length: 360 }, (_, i) => ({
    text: `filler word${i % 7} theme${i % 12} and theme${i % 12} again`,
    label: `topic ${String(i % 12).padStart(2, '0')}`,
  }));
  const model = await trainOn(rows);
  assert.equal(model.contract.output.shape, ['batch', 12]);
  assert.is(await rightShare(model, rows), 1);
});

s('rows without n-grams, rows all alike and texts with nothing in common do not stop it', async () => {
  const odd = ['', '', 'same', 'same', ' ', '\n'].map((text, i) => ({ text, label: i % 2 ? 'b' : 'a' }));
  for (const texts of [[], ['', ' '], ['else entirely']]) {
    const model = await trainOn(odd, { vectorCount: 1 }, { unlabelled: texts });
    assert.ok((await rightShare(model, odd)) >= 0.5);
  }
});

s('an abort ends it with its reason, at any time', async () => {
  for (const stage of ['reading texts', 'learning', 'counting n-grams', 'learning vectors']) {
    const controller = new AbortController();
    const progress = (name: string) => void (name === stage && controller.abort(new Error(`enough ${stage}`)));
    const report = { metric: () => {}, epoch: () => {}, progress };
    const outcome = await trainOn(train, {}, { unlabelled, signal: controller.signal, report }).catch(
      (e: Error) => e.message,
    );
    assert.is(outcome, `enough ${stage}`);
  }
});

s.run();
