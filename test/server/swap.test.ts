import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ModelNotReadyError, Swap } from '../../server/swap.ts';
import { rejects } from '../support/rejects.ts';

type Engine = { readonly id: number; users: number; released: number };
const engine = (id: number): Engine => ({ id, users: 0, released: 0 });
const create = () =>
  new Swap<Engine, string>(async (e) => {
    assert.is(e.users, 0, 'released while in use');
    e.released++;
  });

const swap = suite('swap');

swap('has nothing to work with before the first model', async () => {
  const live = create();
  await rejects(
    live.use(async () => 1),
    ModelNotReadyError,
  );
  assert.equal([live.engine, live.facts], [null, null]);
});

swap('those who came before go on with the old one, those who come after get the new one', async () => {
  const live = create();
  const [one, two] = [engine(1), engine(2)];
  live.replace({ engine: one, facts: 'one' });
  let leave = () => {};
  const inside = new Promise<void>((resolve) => {
    leave = resolve;
  });
  const before = live.use(async (e, facts) => {
    await inside;
    return [e.id, facts];
  });
  live.replace({ engine: two, facts: 'two' });
  const after = live.use(async (e, facts) => [e.id, facts]);
  await sleep(5);
  assert.is(one.released, 0);
  leave();
  assert.equal(await Promise.all([before, after]), [
    [1, 'one'],
    [2, 'two'],
  ]);
  await live.released();
  assert.equal([one.released, two.released], [1, 0]);
});

swap('more can become known of what answers, and those inside do not notice', async () => {
  const live = create();
  live.amend('nothing to amend');
  assert.is(live.facts, null);
  live.replace({ engine: engine(1), facts: 'at commit 1' });
  const inside = live.use(async (_, facts) => {
    await sleep(5);
    return facts;
  });
  live.amend('at commit 2');
  assert.is(live.facts, 'at commit 2');
  assert.is(await inside, 'at commit 1');
});

swap('each is released exactly once, when it was replaced and nobody uses it, even if its users fail', async () => {
  const step = fc.oneof(fc.constant('swap' as const), fc.integer({ min: 0, max: 3 }));
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const live = create();
      const engines = [engine(0)];
      live.replace({ engine: engines[0] as Engine, facts: '' });
      const uses: Promise<unknown>[] = [];
      for (const s of steps) {
        if (s === 'swap') {
          const next = engine(engines.length);
          engines.push(next);
          live.replace({ engine: next, facts: '' });
        } else
          uses.push(
            live.use(async (e) => {
              e.users++;
              for (let i = 0; i < s; i++) await null;
              e.users--;
              if (s === 2) throw new Error('its user failed');
            }),
          );
        await null;
      }
      live.replace(null);
      await Promise.allSettled(uses);
      await live.released();
      assert.ok(engines.every((e) => e.released === 1));
    }),
  );
});

swap.run();
