import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MemoryStore } from '../../events/store.memory.ts';
import { asOf } from '../../projections/as-of.ts';
import { baseline } from '../../projections/baseline.ts';
import { promotions } from '../../projections/promotions.ts';
import { runs } from '../../projections/runs.ts';
import { versionKey, versions } from '../../projections/versions.ts';
import { exampleFact } from '../support/events.ts';
import { digest, History, id, ref } from '../support/history.ts';

const given = () => new History(new MemoryStore());
const folds = suite('folds');

folds('a run goes from started to completed, keeping the last value of each metric', async () => {
  const h = given();
  await h.run(1, 4);
  const run = (await asOf(h.store, runs, 99)).get(id(1));
  assert.is(run?.status, 'completed');
  assert.equal(run?.metrics, { 'train/loss': 0.31, 'train/gap': 'Infinity' });
  assert.is(run?.metricPoints, 4);
  assert.equal(run?.candidate, { manifest: digest(1), model: digest(1), sizeBytes: 9 });
  assert.is(run?.revision, 8);
});

folds('a failed and an interrupted run say why', async () => {
  const h = given();
  for (const [n, type] of [
    [1, 'TrainingRunFailed'],
    [2, 'TrainingRunInterrupted'],
  ] as const)
    await h.append(`run-${id(n)}`, exampleFact('TrainingRunStarted'), exampleFact(type));
  const rows = await asOf(h.store, runs, 99);
  assert.equal([rows.get(id(1))?.status, rows.get(id(1))?.failure?.code], ['failed', 'data_invalid']);
  assert.equal([rows.get(id(2))?.status, rows.get(id(2))?.failure?.code], ['interrupted', 'process-gone']);
});

folds('a row stays small however many metrics a run invents', async () => {
  const h = given();
  await h.run(1, 0);
  for (let i = 0; i < 300; i++)
    await h.append(`run-${id(1)}`, { type: 'MetricLogged', data: { name: `m${i}`, value: i, step: 0 } });
  const run = (await asOf(h.store, runs, 999)).get(id(1));
  assert.is(Object.keys(run?.metrics ?? {}).length, 200);
  assert.is(run?.metricPoints, 300);
});

folds('the baseline is what was merged or rolled back to last, per model', async () => {
  const h = given();
  await h.merge('a', 1, null);
  await h.merge('b', 1, null);
  await h.merge('a', 2, 1);
  assert.equal(
    [(await asOf(h.store, baseline, 99)).get('a')?.version, (await asOf(h.store, baseline, 99)).get('a')?.previous],
    [2, ref(1)],
  );
  await h.rollBack('a', 3, 2, 1);
  const rows = await asOf(h.store, baseline, 99);
  assert.equal([rows.get('a')?.version, rows.get('b')?.version], [1, 1]);
  assert.equal(rows.get('a')?.previous, ref(2));
});

folds('a version knows when it was in production', async () => {
  const h = given();
  for (const v of [1, 2, 3]) await h.propose('a', v, v === 1 ? null : 1);
  await h.merge('a', 1, null);
  await h.merge('a', 2, 1);
  await h.reject('a', 3);
  await h.rollBack('a', 4, 2, 1);
  const rows = await asOf(h.store, versions, 99);
  const at = (v: number) => rows.get(versionKey('a', v));
  assert.equal(
    [1, 2, 3].map((v) => at(v)?.status),
    ['production', 'superseded', 'rejected'],
  );
  assert.is(at(1)?.spans.length, 2);
  assert.is(at(1)?.spans[0]?.to, at(2)?.spans[0]?.from as string);
  assert.is(at(1)?.spans[1]?.to, null);
  assert.is(at(2)?.spans[0]?.to, at(1)?.spans[1]?.from as string);
});

folds('a promotion keeps its pull request, its last judgement and its end', async () => {
  const h = given();
  const promotionId = '1v8k2m0p4qxa'; // the examples' own
  await h.append(
    'model-a',
    exampleFact('PromotionProposed'),
    exampleFact('PullRequestOpened'),
    exampleFact('GateJudged'),
  );
  const at = async () => (await asOf(h.store, promotions, 99)).get(promotionId);
  assert.equal(
    [(await at())?.status, (await at())?.judged?.result, (await at())?.pullRequest?.number],
    ['open', 'pass', 2],
  );
  await h.append('model-a', exampleFact('PullRequestRebased'));
  assert.is((await at())?.judged, null, 'a rebase voids the verdict');
  assert.is((await at())?.pullRequest?.head, 'd'.repeat(40));
  await h.append('model-a', exampleFact('GateJudged'), exampleFact('PromotionMerged'));
  assert.equal(
    [(await at())?.status, (await at())?.judgements, (await at())?.merge?.commit],
    ['merged', 2, 'f'.repeat(40)],
  );
});

folds('an event without the one it follows from changes nothing', async () => {
  const h = given();
  await h.append('run-bbbbbbbbbbbb', exampleFact('EpochCompleted'));
  await h.append('model-a', exampleFact('GateJudged'), exampleFact('PromotionRejected'));
  assert.is((await asOf(h.store, runs, 99)).size, 0);
  assert.is((await asOf(h.store, promotions, 99)).size, 0);
  assert.is((await asOf(h.store, versions, 99)).size, 0);
});

folds.run();
