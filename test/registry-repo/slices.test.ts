import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseFile, printFile } from '../../registry-repo/file.ts';
import { POLICY_PATH, Policy } from '../../registry-repo/policy.ts';
import { sliceByLength } from '../../registry-repo/slices.ts';
import { modelPolicy, TestRegistry } from '../support/registry.ts';

const slices = suite('slices by length of text');
const counted = (of: Uint8Array) => [0, 1, 2].map((s) => of.filter((slice) => slice === s).length);

slices('are thirds, the shortest first', () => {
  const texts = Array.from({ length: 9 }, (_, i) => 'x'.repeat(9 - i));
  const { upTo, of } = sliceByLength(texts);
  assert.equal(upTo, [3, 6, null]);
  assert.equal([...of], [2, 2, 2, 1, 1, 1, 0, 0, 0]);
});

slices('count characters as people do', () => {
  assert.equal(sliceByLength(['😀😀', 'abc', 'abcd']).upTo, [2, 3, null]);
});

slices('keep texts of one length together', () => {
  assert.equal(counted(sliceByLength(['aa', 'aa', 'aa', 'aa']).of), [4, 0, 0]);
  assert.equal(counted(sliceByLength([]).of), [0, 0, 0]);
});

slices('hold every text by its length alone, and about a third each where lengths differ', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(300), { minLength: 3 }), (lengths) => {
      const { upTo, of } = sliceByLength(lengths.map((n) => 'x'.repeat(n)));
      lengths.forEach((length, i) => {
        assert.is(
          of[i],
          upTo.findIndex((end) => end === null || length <= end),
        );
      });
      for (const n of counted(of)) assert.ok(Math.abs(n - lengths.length / 3) <= 1);
    }),
  );
});

slices('a policy without floors for them reads and prints as before; one with them names known slices', async () => {
  const { policy } = await TestRegistry.create();
  const read = (value: unknown) => parseFile(Policy, POLICY_PATH, Buffer.from(printFile(value)));
  assert.is(printFile(read(policy)), printFile(policy));
  assert.not.match(printFile(read(policy)), 'sliceFloors');
  const withFloors = (sliceFloors: unknown) => ({ ...policy, models: { m: { ...modelPolicy(), sliceFloors } } });
  assert.equal(read(withFloors({ short: 0.8 })).models.m?.sliceFloors, { short: 0.8 });
  for (const wrong of [{ tiny: 0.8 }, { short: 1.1 }, { short: '0.8' }])
    assert.throws(() => read(withFloors(wrong)), /sliceFloors/);
});

slices.run();
