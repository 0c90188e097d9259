import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Held, type Share } from '../../server/held.ts';
import { QueueFullError } from '../../server/inference/errors.ts';

/** A request that holds its share until it is let go. */
function request(held: Held): { share: Share; free: () => Promise<void> } {
  let letGo = () => {};
  let given: Share | undefined;
  const work = held.while((share) => {
    given = share;
    return new Promise<void>((resolve) => {
      letGo = resolve;
    });
  });
  const free = () => {
    letGo();
    return work;
  };
  return { share: given as Share, free };
}

const s = suite('bytes held');

s('what has come counts, and is given back', async () => {
  const held = new Held(100);
  const [one, other] = [request(held), request(held)];
  one.share.add(40);
  one.share.add(20);
  other.share.add(40);
  assert.is(held.bytes, 100);
  assert.throws(
    () => other.share.add(30),
    (e: unknown) => e instanceof QueueFullError,
  );
  await one.free();
  other.share.add(30);
  await other.free();
  assert.is(held.bytes, 0);
});

s('a request that is the only one may be larger', async () => {
  const held = new Held(10);
  const { share, free } = request(held);
  share.add(1000);
  await free();
  assert.is(held.bytes, 0);
});

s('the largest that still comes gives way to a smaller one; a whole one gives way to nobody', async () => {
  const held = new Held(100);
  const [whole, large, small] = [request(held), request(held), request(held)];
  whole.share.add(50);
  whole.share.whole();
  large.share.add(45);
  small.share.add(20);
  assert.is(await large.share.lost.catch((e) => e.code), 'queue_full');
  assert.throws(
    () => large.share.add(1),
    (e: unknown) => e instanceof QueueFullError,
  );
  assert.throws(
    () => small.share.add(40),
    (e: unknown) => e instanceof QueueFullError,
  );
  await Promise.all([whole.free(), large.free(), small.free()]);
  assert.is(held.bytes, 0);
});

s.run();
