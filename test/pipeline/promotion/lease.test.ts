import { hostname } from 'node:os';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hasEnded, LEASE_MS, type Lease, takeLease } from '../../../pipeline/promotion/lease.ts';
import { GateTimeoutError } from '../../../pipeline/promotion/process.ts';
import { World } from '../../support/promotions.ts';
import { TIME } from '../../support/registry.ts';
import { rejects } from '../../support/rejects.ts';

const after = (ms: number): Date => new Date(TIME.getTime() + ms);

/** What a process of another machine would have written. */
const elsewhere = (over: Partial<Lease> = {}): Lease => ({
  schema: 'pawl.lease/1',
  model: 'sentiment',
  promotion: '0000000000p9',
  holder: '0000000000h9',
  host: `not-${hostname()}`,
  pid: 1,
  until: after(LEASE_MS).toISOString(),
  ...over,
});
const bytesOf = (lease: unknown): Buffer => Buffer.from(JSON.stringify(lease));

/** A candidate that is proposed, and that nobody has taken further. */
async function proposed(): Promise<{ world: World; id: string }> {
  const world = await World.create();
  const { proposal } = await world.ports().process.propose(await world.candidate(9), null);
  assert.ok(proposal.kind === 'new');
  return { world, id: proposal.fact.data.promotionId };
}

const leases = suite('leases');

leases('one at a time: the second is told who has it, and gets it once it is released', async () => {
  const ports = (await World.create()).ports();
  const first = await takeLease(ports, 'sentiment', '0000000000p1');
  const second = await takeLease(ports, 'sentiment', '0000000000p2');
  assert.ok(first.kind === 'taken' && second.kind === 'held');
  assert.equal([second.lease.promotion, second.lease.pid], ['0000000000p1', process.pid]);
  assert.is((await takeLease(ports, 'topics', '0000000000p3')).kind, 'taken', 'another model is free');
  await first.release();
  assert.is(await ports.forge.lease('sentiment'), null);
  assert.is((await takeLease(ports, 'sentiment', '0000000000p2')).kind, 'taken');
});

leases('of several at once one gets it', async () => {
  const world = await World.create();
  const taken = await Promise.all([1, 2, 3, 4].map(() => takeLease(world.ports(), 'sentiment', '0000000000p1')));
  assert.equal(taken.map((t) => t.kind).sort(), ['held', 'held', 'held', 'taken']);
});

leases('ends with its time, with its process, and is not believed beyond what anybody would ask for', () => {
  assert.not(hasEnded(elsewhere(), TIME));
  assert.not(hasEnded(elsewhere(), after(LEASE_MS - 1)));
  assert.ok(hasEnded(elsewhere(), after(LEASE_MS)));
  assert.ok(hasEnded(elsewhere({ until: '2099-01-01T00:00:00.000Z' }), TIME), 'a far day holds nobody up');
  assert.ok(hasEnded(elsewhere({ host: hostname(), pid: 2 ** 22 + 1 }), TIME), 'no process has this number');
  assert.ok(hasEnded(elsewhere({ host: hostname(), pid: process.pid }), TIME), 'left by one with our number');
});

leases('reconcile leaves a leased promotion alone and says so, and goes on once the lease has ended', async () => {
  const { world, id } = await proposed();
  const { forge } = world.ports();
  await forge.moveLease('sentiment', bytesOf(elsewhere()), null);
  const { finished, leased } = await world.reconcile();
  assert.equal([finished, leased.map((l) => l.promotion)], [[], [id]]);
  assert.match(leased[0]?.by as string, `process 1 on not-${hostname()}`);
  assert.equal((await world.log()).filter((e) => e.type === 'GateJudged').length, 0);
  const ports = world.ports({ clock: () => after(LEASE_MS) });
  const { promotion, leased: still } = await ports.process.tryFinish('sentiment', id);
  assert.equal([promotion.status, still], ['merged', null]);
  assert.is(await forge.lease('sentiment'), null, 'released');
});

leases('waiting for one is bounded, and the promotion stays open', async () => {
  const { world, id } = await proposed();
  await world.forge().moveLease('sentiment', bytesOf(elsewhere()), null);
  let ms = 0;
  const clock = () => {
    ms += 10;
    return after(ms % LEASE_MS);
  };
  const error = await rejects(world.ports({ clock }).process.finish('sentiment', id, { waitMs: 20 }), GateTimeoutError);
  assert.match(error.message, 'pawl reconcile');
  const waited = await world.ports().process.finish('sentiment', id);
  assert.equal([waited.status, waited.judged], ['open', null], 'no patience, no waiting');
});

leases('attack: what is no lease holds nobody up', async () => {
  for (const rubbish of ['', '{', 'null', '{"schema":"pawl.lease/1"}', 'x'.repeat(20_000)]) {
    const { world, id } = await proposed();
    await world.forge().moveLease('sentiment', Buffer.from(rubbish), null);
    assert.is((await world.ports().process.finish('sentiment', id)).status, 'merged');
  }
});

leases('nothing is safe because of it: two that both believe to hold it merge once', async () => {
  const { world, id } = await proposed();
  const ended = await Promise.all([1, 2, 3].map(() => world.portsWithoutLease().process.finish('sentiment', id)));
  assert.equal(
    ended.map((p) => p.status),
    ['merged', 'merged', 'merged'],
  );
  assert.is((await world.mainTitles()).length, 1);
});

leases('a merge that another process is about to record is no divergence', async () => {
  const { world, id } = await proposed();
  let looked: Awaited<ReturnType<World['reconcile']>> | undefined;
  const slow = new Proxy(world.store, {
    get(store, key) {
      const value: unknown = Reflect.get(store, key, store);
      if (typeof value !== 'function') return value;
      if (key !== 'append') return value.bind(store);
      return async (...args: Parameters<typeof store.append>) => {
        if (args[2].some((e) => e.type === 'PromotionMerged')) looked = await world.reconcile();
        return store.append(...args);
      };
    },
  });
  assert.is((await world.ports({ store: slow }).process.finish('sentiment', id)).status, 'merged');
  assert.equal([looked?.diverged, looked?.leased.length], [[], 1]);
  assert.equal((await world.reconcile()).diverged, []);
});

leases.run();
