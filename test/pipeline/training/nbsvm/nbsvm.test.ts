import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { NbsvmConfig } from '../../../../pipeline/training/nbsvm/config.ts';
import { nbsvm } from '../../../../pipeline/training/nbsvm/nbsvm.ts';
import type { Report, TrainedModel } from '../../../../pipeline/training/trainer.ts';
import { digestOf } from '../../../../registry-repo/digest.ts';
import type { Row } from '../../../../registry-repo/rows.ts';
import { loadRuntime } from '../../../../registry-repo/runtime/load.ts';
import { dataFolder, load } from '../../../support/data.ts';
import { trainingContext } from '../../../support/training-context.ts';

const quiet: Report = { metric: () => {}, epoch: () => {}, progress: () => {} };
type Options = { workers?: number; seed?: number; signal?: AbortSignal; report?: Report };

const trainOn = (rows: readonly Row[], over: Partial<NbsvmConfig> = {}, options: Options = {}) => {
  const labels = [...new Set(rows.map((row) => row.label))].sort();
  const { workers = 1, seed = 1, signal = new AbortController().signal, report = quiet } = options;
  return nbsvm.train(trainingContext({ rows, labels, workers, seed, signal, report }), nbsvm.config.parse(over));
};

const bytesOf = (model: TrainedModel) => model.files[0]?.bytes as Uint8Array;
const digest = (model: TrainedModel) => digestOf(bytesOf(model));

async function classify(model: TrainedModel, labels: string[], texts: string[]): Promise<number[][]> {
  const manifest = { labels, preprocessor: model.preprocessor, contract: model.contract };
  const runtime = await loadRuntime({ manifest, file: () => bytesOf(model) });
  const flat = await runtime.classify(texts);
  await runtime.release();
  return texts.map((_, i) => [...flat.subarray(i * labels.length, (i + 1) * labels.length)]);
}

async function rightShare(model: TrainedModel, rows: readonly Row[]): Promise<number> {
  const labels = [...new Set(rows.map((row) => row.label))].sort();
  const answers = await classify(
    model,
    labels,
    rows.map((row) => row.text),
  );
  return answers.filter((p, i) => labels[p.indexOf(Math.max(...p))] === rows[i]?.label).length / rows.length;
}

const { train, test } = await load({ kind: 'sample', train: 600, test: 400 }, dataFolder());
const base = await trainOn(train);

const s = suite('nbsvm');

s('the same rows, settings and seed give the same bytes, whatever the number of threads', async () => {
  for (const workers of [2, 3, 5]) assert.is(digest(await trainOn(train, {}, { workers })), digest(base));
});

s('another seed gives another model that is about as good', async () => {
  const other = await trainOn(train, {}, { seed: 2 });
  assert.is.not(digest(other), digest(base));
  assert.ok(Math.abs((await rightShare(other, test)) - (await rightShare(base, test))) < 0.02);
});

s('learns the sample, and the more rows the better', async () => {
  const few = await trainOn(train.filter((_, i) => i % 8 === 0));
  const [little, much] = [await rightShare(few, test), await rightShare(base, test)];
  assert.ok(much > 0.85 && much > little + 0.03, `${little} with 150 rows, ${much} with 1200`);
});

const settings: Partial<NbsvmConfig>[] = [
  { loss: 'hinge', cost: 3 },
  { loss: 'squared-hinge', cost: 3 },
  { cost: 1 },
  { order: 1 },
  { zoneOrder: 1 },
  { opening: 0 },
  { closing: 0 },
  { smoothing: 0.1 },
  { singletons: true },
  { bits: 12 },
  { epochs: 1 },
  { tolerance: 0.3 },
];
for (const over of settings)
  s(`the setting ${JSON.stringify(over)} makes another model that works`, async () => {
    const model = await trainOn(train, over);
    assert.is.not(digest(model), digest(base));
    assert.ok((await rightShare(model, test)) > 0.75);
  });

s('extreme settings work', async () => {
  await trainOn(
    train.filter((_, i) => i % 24 === 0),
    { opening: 1, closing: 1, order: 5, zoneOrder: 5, bits: 8 },
  );
  await trainOn(
    train.filter((_, i) => i % 24 === 0),
    { opening: 0, closing: 1e-18, order: 1, cost: 1e-6 },
  );
});

for (const loss of ['logistic', 'hinge', 'squared-hinge'] as const)
  s(`${loss}: probabilities are better than guessing`, async () => {
    const cost = loss === 'logistic' ? 10 : 1;
    const answers = await classify(
      await trainOn(train, { loss, cost }),
      ['neg', 'pos'],
      test.map((row) => row.text),
    );
    const brier = answers.reduce((sum, [, p = 0], i) => sum + (p - (test[i]?.label === 'pos' ? 1 : 0)) ** 2, 0);
    assert.ok(brier / test.length < 0.15, `Brier score ${brier / test.length}; guessing has 0.25`);
  });

const topic = (count: number): Row[] =>
  Array.from({ length: 30 * count }, (_, i) => ({
    text: `filler word${i % 7} theme${i % count} and theme${i % count} again`,
    label: `topic ${String(i % count).padStart(2, '0')}`,
  }));

for (const count of [3, 20])
  s(`${count} labels are learnt, one against the rest`, async () => {
    const rows = topic(count);
    const model = await trainOn(rows);
    assert.equal(model.contract.output.shape, ['batch', count]);
    assert.is(await rightShare(model, rows), 1);
    for (const workers of [2, 3]) assert.is(digest(await trainOn(rows, {}, { workers })), digest(model));
  });

const languages: Record<string, [string, string]> = {
  Chinese: ['这部电影很好看我很喜欢', '这部电影很难看我不喜欢'],
  Thai: ['ภาพยนตร์เรื่องนี้สนุกมาก', 'ภาพยนตร์เรื่องนี้น่าเบื่อมาก'],
  Arabic: ['فيلم رائع وممتع جدا', 'فيلم ممل وسيئ جدا'],
  Hindi: ['यह फिल्म बहुत अच्छी है', 'यह फिल्म बहुत खराब है'],
  Korean: ['정말 재미있는 영화였다', '정말 지루한 영화였다'],
};
for (const [language, [good, bad]] of Object.entries(languages))
  s(`learns ${language}`, async () => {
    const rows = Array.from({ length: 40 }, (_, i) => ({
      text: `${i} ${i % 2 ? good : bad}`,
      label: i % 2 ? 'pos' : 'neg',
    }));
    const [p, q] = await classify(await trainOn(rows), ['neg', 'pos'], [good, bad]);
    assert.ok((p?.[1] ?? 0) > 0.7 && (q?.[1] ?? 1) < 0.3, `${p} ${q}`);
  });

s('rows without a single n-gram, and rows all alike, do not stop it', async () => {
  const rows = ['', '', 'same', 'same', ' ', '\n'].map((text, i) => ({ text, label: i % 2 ? 'b' : 'a' }));
  for (const [p = 0, q = 0] of await classify(await trainOn(rows), ['a', 'b'], ['', 'same', 'else']))
    assert.ok(Math.abs(p + q - 1) < 1e-6);
});

s('passes are reported in order, up to convergence', async () => {
  const epochs: number[] = [];
  const violations: number[] = [];
  await trainOn(
    train,
    {},
    {
      report: {
        ...quiet,
        epoch: ({ epoch, of, metrics }) => {
          assert.is(of, 50);
          epochs.push(epoch);
          violations.push(metrics.violation as number);
        },
      },
    },
  );
  assert.equal(
    epochs,
    epochs.map((_, i) => i + 1),
  );
  assert.ok((violations.at(-1) as number) <= 0.01 && violations.slice(0, -1).every((v) => v > 0.01));
});

s('an abort ends it with its reason, at any time', async () => {
  for (const afterMs of [0, 30, 120]) {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('enough')), afterMs);
    const report = { ...quiet, epoch: () => {} };
    const outcome = await trainOn(
      train,
      { tolerance: 1e-9, epochs: 1000 },
      { signal: controller.signal, report },
    ).catch((error: Error) => error.message);
    assert.is(outcome, 'enough');
  }
});

s('a report that throws ends the run, not the process', async () => {
  const report = {
    ...quiet,
    epoch: () => {
      throw new Error('no more paper');
    },
  };
  const outcome = await trainOn(train, {}, { report }).catch((error: Error) => error.message);
  assert.is(outcome, 'no more paper');
});

s.run();
