import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { StreamConflictError } from '../../../events/errors.ts';
import { MemoryStore } from '../../../events/store.memory.ts';
import { NO_STREAM } from '../../../events/store.ts';
import { RunJournal } from '../../../pipeline/training/journal.ts';
import { exampleFact, metric, metrics, time } from '../../support/events.ts';
import { rejects } from '../../support/rejects.ts';
import { until } from '../../support/until.ts';

const runId = 'aaaaaaaaaaaa';
const command = { correlationId: runId, causationId: null, actor: 'a', source: 's' };

/** A store that counts its transactions. */
class CountingStore extends MemoryStore {
  appends = 0;
  override append(...args: Parameters<MemoryStore['append']>) {
    this.appends++;
    return super.append(...args);
  }
}

const given = () => {
  const store = new CountingStore();
  return { store, journal: new RunJournal({ store, runId, clock: () => time, command }) };
};

const journal = suite('run journal');

journal('ten thousand metric points cost a handful of transactions', async () => {
  const { store, journal: j } = given();
  for (let step = 0; step < 10_000; step++) j.record(metric(step));
  await j.flush();
  assert.is((await store.readStream('run-aaaaaaaaaaaa', { limit: 20_000 })).length, 10_000);
  assert.ok(store.appends <= 11, `${store.appends} transactions`);
});

journal('keeps the order of facts and knows the last event', async () => {
  const { store, journal: j } = given();
  j.record(exampleFact('TrainingRunStarted'), exampleFact('DatasetPinned'));
  j.record(metric(1));
  await j.flush();
  j.record(exampleFact('TrainingRunCompleted'));
  await j.flush();
  const events = await store.readStream(j.stream);
  assert.equal(
    events.map((e) => e.type),
    ['TrainingRunStarted', 'DatasetPinned', 'MetricLogged', 'TrainingRunCompleted'],
  );
  assert.equal(j.last, { revision: 3, hash: events[3]?.hash as string });
});

journal('goes on where another ended, once', async () => {
  const { store, journal: first } = given();
  first.record(exampleFact('TrainingRunStarted'));
  await first.flush();
  const { last } = first;
  const next = (request: string) =>
    new RunJournal({ store, runId, clock: () => time, command, goesOn: { last, request } });
  const second = next('a');
  assert.ok(second.began);
  second.record(metric(1), metric(2));
  await second.flush();
  const again = next('a');
  again.record(metric(1), metric(2));
  await again.flush();
  assert.equal([again.last, again.last.revision], [second.last, 2], 'the same request, sent twice');
  const other = next('b');
  other.record(metric(7), metric(8));
  await rejects(other.flush(), StreamConflictError);
  assert.is((await store.readStream(first.stream)).length, 3);
});

journal('stores what nobody flushed, after a moment', async () => {
  const { store, journal: j } = given();
  j.record(metric(1));
  await until(async () => (await store.position()) > 0);
  assert.is(await store.position(), 1);
});

journal('a second writer of the same run is noticed, and stays noticed', async () => {
  const { store, journal: j } = given();
  await store.append(j.stream, NO_STREAM, metrics('intruder', 1));
  j.record(metric(1));
  await rejects(j.flush(), StreamConflictError);
  j.record(metric(2));
  await rejects(j.flush(), StreamConflictError);
  assert.is(await store.position(), 1);
});

journal.run();
