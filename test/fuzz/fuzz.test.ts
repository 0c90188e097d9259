import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fuzz } from './fuzz.ts';

const s = suite('fuzz, for a moment');

s('no input of any kind makes a mistake of ours', async () => {
  const { counts, failures } = await fuzz(1, (round) => round < 150);
  assert.equal(failures, []);
  for (const [kind, { taken, refused }] of Object.entries(counts)) {
    assert.is(taken + refused, 150, kind);
    assert.ok(refused > 0, `${kind} refuses some`);
  }
});

s.run();
