import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ChainVerifier } from '../../events/chain.ts';
import type { StoredEvent } from '../../events/envelope.ts';
import { MemoryStore } from '../../events/store.memory.ts';
import { NO_STREAM } from '../../events/store.ts';
import { metrics } from '../support/events.ts';

const breaks = (log: readonly StoredEvent[]) => {
  const verifier = new ChainVerifier();
  return log.flatMap((e) => verifier.check(e));
};

/** Three streams of six events each, interleaved. */
async function log(): Promise<StoredEvent[]> {
  const store = new MemoryStore();
  for (let round = 0; round < 3; round++)
    for (const name of ['a', 'b', 'c'])
      await store.append(`model-${name}`, round === 0 ? NO_STREAM : round * 2 - 1, metrics(`${name}${round}`, 2));
  return store.readAll();
}

const chain = suite('hash chain');

chain('accepts a log as it was written', async () => assert.equal(breaks(await log()), []));

chain('attack 64: names the event whose byte was changed, whichever field it is in', async () => {
  const original = await log();
  const fields = ['stream', 'id', 'type', 'time', 'data', 'meta', 'prev', 'hash'] as const;
  fc.assert(
    fc.property(fc.nat(original.length - 1), fc.constantFrom(...fields), fc.nat(10_000), (index, field, at) => {
      const event = original[index] as StoredEvent;
      const position = at % event[field].length;
      const flipped = event[field][position] === 'x' ? 'y' : 'x';
      const changed = event[field].slice(0, position) + flipped + event[field].slice(position + 1);
      const found = breaks(original.with(index, { ...event, [field]: changed }));
      assert.is(found[0]?.position, event.position);
    }),
  );
});

chain('notices a version or revision that was changed', async () => {
  const original = await log();
  for (const change of [{ version: 2 }, { revision: 9 }]) {
    const found = breaks(original.with(4, { ...(original[4] as StoredEvent), ...change }));
    assert.is(found[0]?.position, 5);
  }
});

chain('attack 64: notices an event that is gone from the middle', async () => {
  const original = await log();
  fc.assert(
    fc.property(fc.nat(original.length - 2), (index) => {
      assert.ok(breaks(original.toSpliced(index, 1)).length > 0);
    }),
  );
});

chain('notices two events that changed places', async () => {
  const original = await log();
  fc.assert(
    fc.property(fc.nat(original.length - 1), fc.nat(original.length - 1), (i, j) => {
      fc.pre(i !== j);
      const swapped = original.with(i, original[j] as StoredEvent).with(j, original[i] as StoredEvent);
      assert.ok(breaks(swapped).length > 0);
    }),
  );
});

chain('cannot be fooled by moving bytes from one field into the next', async () => {
  const original = await log();
  const event = original[0] as StoredEvent;
  const moved = { ...event, data: event.data + event.meta[0], meta: event.meta.slice(1) };
  assert.is(breaks(original.with(0, moved))[0]?.code, 'content-changed');
});

chain('says what kind of break it is', async () => {
  const original = await log();
  assert.is(breaks(original.with(3, { ...(original[3] as StoredEvent), data: '{}' }))[0]?.code, 'content-changed');
  assert.equal(
    breaks(original.toSpliced(0, 1))
      .map((b) => b.code)
      .slice(0, 3),
    ['position-gap', 'revision-gap', 'link-broken'],
  );
});

chain.run();
