import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Fact } from '../../events/catalogue.ts';
import { StoreError, StreamConflictError } from '../../events/errors.ts';
import { MemoryStore } from '../../events/store.memory.ts';
import type { EventStore } from '../../events/store.ts';
import { Recorder } from '../../server/record.ts';
import { exampleFact } from '../support/events.ts';
import { keptLog, recorded } from '../support/recorded.ts';
import { PATIENCE_MS, until } from '../support/until.ts';

const clock = () => new Date('2026-01-02T03:04:05.678Z');
const traffic = (requests: number): Fact => {
  const fact = exampleFact('TrafficObserved') as Fact & { type: 'TrafficObserved' };
  return { ...fact, data: { ...fact.data, requests } };
};
const open = (store: EventStore, start = 'a', instance = 'edge-1') => {
  const { log, lines } = keptLog();
  return { recorder: new Recorder({ store, instance, start, clock, log }), lines };
};
const requests = async (store: EventStore, instance = 'edge-1') =>
  (await recorded(store, instance)).map((e) => (e.type === 'TrafficObserved' ? e.data.requests : e.type));

/** A store whose appends fail as told, before or after they have been done. */
class FailingStore extends MemoryStore {
  failures: ('before' | 'after')[] = [];
  override async append(...args: Parameters<MemoryStore['append']>): ReturnType<MemoryStore['append']> {
    const failure = this.failures.shift();
    if (failure === 'before') throw new StoreError('disk full');
    const stored = await super.append(...args);
    if (failure === 'after') throw new StoreError('the answer got lost');
    return stored;
  }
}

const record = suite('recorder');

record('stores facts in order, with the server as actor, and closes when all are stored', async () => {
  const store = new MemoryStore();
  const { recorder } = open(store);
  recorder.record(exampleFact('ModelActivated'));
  for (let i = 0; i < 20; i++) recorder.record(traffic(i));
  assert.is(await recorder.close(PATIENCE_MS), true);
  assert.equal(await requests(store), ['ModelActivated', ...Array.from({ length: 20 }, (_, i) => i)]);
  const [first] = await store.readStream('server-edge-1');
  assert.equal(JSON.parse(first?.meta as string), {
    actor: 'server edge-1',
    causationId: null,
    correlationId: 'server:a',
    source: 'pawl/server',
  });
});

record('goes on where the stream is, however long it has become', async () => {
  for (const length of [0, 1, 2, 3, 37, 64]) {
    const store = new MemoryStore();
    const first = open(store);
    for (let i = 0; i < length; i++) first.recorder.record(traffic(i));
    await first.recorder.close(PATIENCE_MS);
    const second = open(store, 'b');
    second.recorder.record(traffic(1000));
    await second.recorder.close(PATIENCE_MS);
    assert.is((await requests(store)).length, length + 1);
  }
});

record('two processes with one name only make each other read again', async () => {
  const store = new MemoryStore();
  const both = [open(store, 'a'), open(store, 'b')];
  for (let i = 0; i < 30; i++) {
    for (const [k, { recorder }] of both.entries()) recorder.record(traffic(100 * k + i));
    if (i % 7 === 0) await null;
  }
  await Promise.all(both.map(({ recorder }) => recorder.close(5000)));
  const all = (await requests(store)) as number[];
  assert.equal(
    all.filter((n) => n < 100),
    Array.from({ length: 30 }, (_, i) => i),
  );
  assert.equal(
    all.filter((n) => n >= 100),
    Array.from({ length: 30 }, (_, i) => 100 + i),
  );
  assert.equal(
    both.flatMap(({ lines }) => lines),
    [],
    'a conflict is no trouble',
  );
});

record('a store that fails is tried again, and no fact is lost or stored twice', async () => {
  const store = new FailingStore();
  store.failures = ['before', 'after'];
  const { recorder, lines } = open(store);
  for (let i = 0; i < 3; i++) recorder.record(traffic(i));
  await until(() => recorder.waiting === 0);
  assert.equal(await requests(store), [0, 1, 2]);
  assert.is(lines.filter((line) => line.includes('trying again')).length, 2);
  await recorder.close(10);
});

record('an append whose answer got lost is recognized even after another process has moved the stream on', async () => {
  const store = new FailingStore();
  store.failures = ['after'];
  const { recorder } = open(store, 'a');
  recorder.record(traffic(1));
  await until(async () => (await requests(store)).length === 1);
  const other = open(store, 'b');
  other.recorder.record(traffic(2));
  await other.recorder.close(PATIENCE_MS);
  await until(() => recorder.waiting === 0);
  recorder.record(traffic(3));
  await recorder.close(PATIENCE_MS);
  assert.equal(await requests(store), [1, 2, 3]);
});

record('gives up at the end of its time, and says what is lost', async () => {
  const store = new FailingStore();
  store.failures = Array(100).fill('before');
  const { recorder, lines } = open(store);
  recorder.record(traffic(1));
  assert.is(await recorder.close(30), false);
  assert.ok(lines.some((line) => line.includes('"lost":1')));
});

record('a fact that is none is logged and breaks nothing', async () => {
  const store = new MemoryStore();
  const { recorder, lines } = open(store);
  recorder.record({ type: 'TrafficObserved', data: {} } as unknown as Fact);
  recorder.record(traffic(5));
  await recorder.close(PATIENCE_MS);
  assert.equal(await requests(store), [5]);
  assert.is(lines.length, 1, lines.join(''));
});

record(
  'never waits and never throws while the store is away for good, and forgets the oldest facts at last',
  async () => {
    const store = new FailingStore();
    store.failures = Array(100).fill('before');
    const { recorder, lines } = open(store);
    for (let i = 0; i < 5010; i++) recorder.record(traffic(i));
    assert.is(recorder.waiting, 5000);
    assert.ok(lines.some((line) => line.includes('away for too long')));
    await recorder.close(1);
  },
);

/** A store in which somebody else is always faster. */
class TakenStore extends MemoryStore {
  attempts = 0;
  override async append(stream: string): ReturnType<MemoryStore['append']> {
    this.attempts++;
    throw new StreamConflictError(stream, -1, 0);
  }
}

record('waits where somebody else is always faster, and says so, instead of trying without a pause', async () => {
  const store = new TakenStore();
  const { recorder, lines } = open(store);
  recorder.record(traffic(1));
  await until(() => lines.some((line) => line.includes('the event store does not take facts, trying again')));
  assert.is(store.attempts, 20);
  assert.is(await recorder.close(0), false);
});

record.run();
