import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Distinct } from '../../../registry-repo/runtime/distinct.ts';

const distinct = suite('distinct numbers');

const key = fc.oneof(
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  fc.integer({ min: -3, max: 3 }),
  fc.nat(15).map((n) => n << 16), // alike in their low bits
  fc.constantFrom(-(2 ** 31), 2 ** 31 - 1, 0),
);

distinct('are told as a set tells them, round after round, whatever the sizes', () => {
  fc.assert(
    fc.property(fc.array(fc.array(key, { maxLength: 200 }), { maxLength: 20 }), (rounds) => {
      const ours = new Distinct();
      for (const keys of rounds) {
        const set = new Set<number>();
        ours.clear(keys.length);
        for (const k of keys) {
          assert.is(ours.add(k), !set.has(k), `${k}`);
          set.add(k);
        }
      }
    }),
    { numRuns: 300 },
  );
});

distinct('of the full number that was announced', () => {
  const ours = new Distinct();
  for (const most of [0, 1, 2, 3, 4, 7, 8, 9, 1000, 5, 70_000, 1]) {
    ours.clear(most);
    for (let k = 0; k < most; k++) assert.ok(ours.add(k * 4096), `${k} of ${most}`);
    for (let k = 0; k < most; k++) assert.not(ours.add(k * 4096), `${k} of ${most}, again`);
  }
});

distinct('of a hundred thousand rounds do not mix', () => {
  const ours = new Distinct();
  for (let round = 0; round < 100_000; round++) {
    ours.clear(3);
    if (!(ours.add(7) && ours.add(round) === (round !== 7) && !ours.add(7))) assert.unreachable(`round ${round}`);
  }
});

distinct.run();
