import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { splitOf } from '../../../pipeline/data/split.ts';
import { dataFolder, load } from '../../support/data.ts';

const splitting = suite('split by hash');
const texts = Array.from({ length: 4000 }, (_, i) => `review number ${i}`);
const test = (share: number, seed: number) => new Set(texts.filter((text) => splitOf(text, share, seed) === 'test'));

splitting('takes about the share asked for', () => {
  for (const share of [0.05, 0.2, 0.5, 0.9]) {
    const error = Math.abs(test(share, 0).size / texts.length - share);
    assert.ok(error < 4 * Math.sqrt((share * (1 - share)) / texts.length), `share ${share}: off by ${error}`);
  }
});

splitting('is the same every time, for every reader of this file', () => {
  const sides = texts.slice(0, 24).map((text) => (splitOf(text, 0.5, 7) === 'test' ? 'T' : '.'));
  assert.is(sides.join(''), 'T..TTT.TT.T.TTT..TTTT..T');
});

splitting('a larger share keeps what the smaller one took', () => {
  const larger = test(0.3, 0);
  for (const text of test(0.2, 0)) assert.ok(larger.has(text));
});

splitting('another seed draws another split', () => {
  const [one, other] = [test(0.2, 0), test(0.2, 1)];
  const common = [...one].filter((text) => other.has(text)).length;
  assert.ok(common < 0.3 * one.size && common > 0.1 * one.size, `${common} of ${one.size}`);
});

splitting('never parts two forms of one text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(100), (text, seed) => {
      assert.is(splitOf(text, 0.5, seed), splitOf(`  ${text}\n`, 0.5, seed));
    }),
  );
});

splitting('does not depend on the order of the rows', async () => {
  const lines = texts.slice(0, 60).map((text, i) => JSON.stringify({ text, label: i % 2 ? 'pos' : 'neg' }));
  const read = async (rows: readonly string[]) => {
    const { facts, train } = await load({ kind: 'jsonl', path: 'a.jsonl' }, dataFolder({ 'a.jsonl': rows.join('\n') }));
    return { splits: facts.splits, train };
  };
  const expected = await read(lines);
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray(lines, { minLength: lines.length }), async (shuffled) => {
      assert.equal(await read(shuffled), expected);
    }),
    { numRuns: 10 },
  );
});

splitting.run();
