import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Counts as EventCounts } from '../../events/values.ts';
import { noCounts } from '../../registry-repo/evaluation.ts';
import { denseCounts, MOST_DENSE_LABELS, storedCounts } from '../../registry-repo/stored-counts.ts';
import { Counts } from '../../registry-repo/values.ts';

const s = suite('counts as they are stored');

const cell = fc.record({ truth: fc.nat(998), predicted: fc.nat(998), count: fc.integer({ min: 1, max: 1e12 }) });

s('what is stored is what was counted, for any number of labels', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 120 }), fc.array(cell, { maxLength: 40 }), (labels, cells) => {
      const counts = noCounts(labels);
      for (const { truth, predicted, count } of cells) (counts[truth % labels] as number[])[predicted % labels] = count;
      const stored = storedCounts(counts);
      assert.is('sparse' in stored, labels > MOST_DENSE_LABELS);
      for (const schema of [Counts, EventCounts])
        assert.equal(schema.parse(JSON.parse(JSON.stringify(stored))), stored);
      assert.equal(denseCounts(stored), counts);
    }),
  );
});

s('1,000 labels need as much as was counted, not a million numbers', () => {
  const counts = noCounts(1000);
  counts.forEach((row, k) => {
    row[k] = 20;
    row[(7 * k) % 1000] = 1;
  });
  assert.ok(JSON.stringify(storedCounts(counts)).length < 20_000);
});

s('counts of old files are what they were, and stay as they are', () => {
  const old = noCounts(120);
  for (const schema of [Counts, EventCounts]) assert.is(JSON.stringify(schema.parse(old)), JSON.stringify(old));
  assert.is(denseCounts(old), old);
});

for (const [name, sparse] of Object.entries({
  'a label that is none': ['0:1', '2:1'],
  'a label twice': ['0:1 0:2', ''],
  'labels out of order': ['1:1 0:2', ''],
  'a count of 0': ['0:0', ''],
  'another way to write a number': ['00:1', ''],
  'a fraction': ['0:1.5', ''],
  'too large to be exact': [`0:${'9'.repeat(16)}`, ''],
  'two spaces': ['0:1  1:2', ''],
  'more labels than there may be': Array(1001).fill(''),
}))
  s(`refuses ${name}`, () => {
    for (const schema of [Counts, EventCounts]) assert.not.ok(schema.safeParse({ sparse }).success);
  });

s.run();
