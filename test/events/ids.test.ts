import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { timeSortedId, uuidV5 } from '../../events/ids.ts';
import { RunId } from '../../events/values.ts';

const ids = suite('ids');

ids('uuidV5 gives the value of RFC 9562, appendix A.4', () => {
  assert.is(uuidV5('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'www.example.com'), '2ed6657d-e927-568b-95e1-2665a8aea6a2');
});

ids('timeSortedId is a run id and sorts by time', () => {
  const seconds = fc.integer({ min: Date.UTC(2025, 0, 1) / 1000, max: Date.UTC(2058, 0, 1) / 1000 });
  const random = fc.uint8Array({ minLength: 6, maxLength: 6 });
  fc.assert(
    fc.property(seconds, seconds, random, random, (a, b, r, s) => {
      const [first, second] = [timeSortedId(new Date(a * 1000), r), timeSortedId(new Date(b * 1000), s)];
      assert.ok(RunId.safeParse(first).success, first);
      if (a < b) assert.ok(first < second);
    }),
  );
});

ids('timeSortedId refuses too little randomness', () => {
  assert.throws(
    () => timeSortedId(new Date(), new Uint8Array(5)),
    (e: unknown) => e instanceof RangeError,
  );
});

ids.run();
