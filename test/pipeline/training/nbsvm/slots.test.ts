import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Slots } from '../../../../pipeline/training/nbsvm/slots.ts';
import { Random } from '../../../../registry-repo/random.ts';

const slots = suite('slots');

slots('of every hash, once or more often: what a map of slots says', () => {
  const hash = fc.oneof(
    fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    fc.constantFrom(0, -1, 1, 2 ** 31 - 1, -(2 ** 31)),
  );
  void fc.assert(
    fc.property(
      fc.integer({ min: 5, max: 12 }),
      fc.array(hash, { maxLength: 200 }),
      fc.array(hash),
      (bits, noted, others) => {
        const ours = new Slots(bits);
        const map = new Map<number, number>();
        const slotOf = (h: number) => Math.floor((h >>> 0) / 2 ** (32 - bits));
        for (const h of noted) {
          ours.note(h);
          map.set(slotOf(h), (map.get(slotOf(h)) ?? 0) + 1);
        }
        for (const h of [...noted, ...others]) assert.is(ours.repeated(h), (map.get(slotOf(h)) ?? 0) > 1);
        assert.equal(ours.counts(), { noted: map.size, repeated: [...map.values()].filter((n) => n > 1).length });
      },
    ),
  );
});

slots('all slots full are counted', () => {
  const ours = new Slots(6);
  for (let slot = 0; slot < 64; slot++) ours.note(slot << 26);
  assert.equal(ours.counts(), { noted: 64, repeated: 0 });
  for (let slot = 0; slot < 64; slot++) ours.note(slot << 26);
  assert.equal(ours.counts(), { noted: 64, repeated: 64 });
});

slots('another thread sees what was noted', () => {
  const one = new Slots(8);
  const other = new Slots(one.shared);
  one.note(123_456_789);
  other.note(123_456_789);
  assert.ok(one.repeated(123_456_789));
});

slots('threads that note at once leave the same bits as one', async () => {
  const random = Random.named('slots');
  // Two hashes a slot, most slots taken by several threads within moments.
  const hashes = Int32Array.from({ length: 200_000 }, () => random.bits() & ~0xffff);
  const alone = new Slots(16);
  for (const hash of hashes) alone.note(hash);
  for (let round = 0; round < 3; round++) {
    const together = new Slots(16);
    const gate = new Int32Array(new SharedArrayBuffer(4));
    const of = 3;
    await Promise.all(
      Array.from({ length: of }, async (_, i) => {
        const mine = hashes.filter((_, at) => at % of === i);
        const worker = new Worker(new URL('../../../support/note-slots.js', import.meta.url), {
          workerData: { shared: together.shared, gate, of, hashes: mine },
        });
        await once(worker, 'message');
        await worker.terminate();
      }),
    );
    assert.ok(Buffer.from(together.shared).equals(Buffer.from(alone.shared)), 'the bits differ');
  }
  assert.ok(alone.counts().repeated > 1000);
});

slots.run();
