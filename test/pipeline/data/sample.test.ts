import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Dataset } from '../../../pipeline/data/load.ts';
import { Random } from '../../../registry-repo/random.ts';
import { bagOfWordsF1 } from '../../support/bag-of-words.ts';
import { dataFolder, load } from '../../support/data.ts';

const sample = (over: Record<string, number> = {}): Promise<Dataset> => load({ kind: 'sample', ...over }, dataFolder());
const digests = ({ facts: { splits } }: Dataset) => [splits.train.digest, splits.test.digest];
const texts = ({ train }: Dataset) => new Set(train.map(({ text }) => text));

const random = suite('random');

random('gives the numbers of the published generator', () => {
  const numbers = new Random([1, 2, 3, 4]);
  assert.equal(
    Array.from({ length: 10 }, () => numbers.bits()),
    [11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804],
  );
});

random('is even, stays in range and depends on the name', () => {
  const counts = new Array<number>(7).fill(0);
  const one = Random.named('one');
  for (let i = 0; i < 70_000; i++) {
    const n = one.below(7);
    counts[n] = (counts[n] as number) + 1;
  }
  for (const count of counts) assert.ok(Math.abs(count - 10_000) < 400, String(counts));
  assert.is(Random.named('one').bits(), Random.named('one').bits());
  assert.is.not(Random.named('one').bits(), Random.named('two').bits());
});

random.run();

const corpus = suite('sample corpus');

corpus('is the same to the byte on every machine and version of Node', async () => {
  assert.equal(digests(await sample({ train: 300, test: 100 })), [
    'sha256:57793d8fd365a714b850a2351c678f7696a8647c699c10ed2562710e66f0c453',
    'sha256:30f8019b9ad631f792d48a06cc6023e29b60606b83a1c47f7e5779b2ff3843c3',
  ]);
});

corpus('has 6,000 and 2,000 rows unless told otherwise, half of each label, none twice, none in both', async () => {
  const { facts } = await sample();
  assert.equal(facts.labels, ['neg', 'pos']);
  assert.equal(
    [facts.splits.train, facts.splits.test].map(({ rows, duplicates }) => [rows, duplicates]),
    [
      [6000, 0],
      [2000, 0],
    ],
  );
  for (const { rows, labels } of [facts.splits.train, facts.splits.test])
    for (const count of Object.values(labels)) assert.ok(Math.abs(count / rows - 0.5) < 0.01);
  assert.is(facts.leakage.rows, 0);
});

corpus('fewer rows are the first of more, and the test rows stay', async () => {
  const [few, many] = [await sample({ train: 200, test: 300 }), await sample({ train: 900, test: 300 })];
  for (const text of texts(few)) assert.ok(texts(many).has(text));
  assert.is(digests(few)[1], digests(many)[1]);
  assert.is.not(digests(await sample({ train: 200, test: 300, seed: 2 }))[1], digests(few)[1]);
});

corpus('careless labels spoil the training rows alone', async () => {
  const [clean, spoilt] = [await sample({ train: 2000 }), await sample({ train: 2000, mislabelled: 0.2 })];
  assert.is(digests(clean)[1], digests(spoilt)[1]);
  const before = new Map(clean.train.map(({ text, label }) => [text, label]));
  const changed = spoilt.train.filter(({ text, label }) => before.get(text) !== label).length;
  assert.ok(Math.abs(changed / 2000 - 0.2) < 0.03, `${changed} of 2000`);
});

corpus('reads like reviews: nothing left to fill in, sentences whole, articles right', async () => {
  for (const { text } of (await sample({ difficulty: 1 })).train) {
    assert.not.match(text, /[{}]|undefined| {2}/);
    assert.not.match(text, /\b[Aa] [aeiou]|\b[Aa]n [^aeiouh]/);
    for (const sentence of text.split(/(?<=[.?:!]) /)) assert.match(sentence, /^\S.*[.?:!]$/);
    assert.match(text, /^[A-Z0-9].*\.$/);
  }
});

corpus('more rows teach more: poor from 200, good from thousands, never perfect', async () => {
  const all = await sample();
  const f1 = async (train: number) => bagOfWordsF1((await sample({ train })).train, all.test);
  const [few, some, many, most] = [await f1(200), await f1(1000), await f1(4000), bagOfWordsF1(all.train, all.test)];
  const figures = [few, some, many, most].map((figure) => figure.toFixed(3)).join(' ');
  assert.ok(few < 0.82 && few > 0.6, figures);
  assert.ok(some > few + 0.05 && many > some + 0.02 && most > many, figures);
  assert.ok(many > 0.88 && most < 0.98, figures);
});

corpus('difficulty and careless labels make it harder', async () => {
  const f1 = async (over: Record<string, number>) => {
    const { train, test } = await sample({ train: 2000, ...over });
    return bagOfWordsF1(train, test);
  };
  const [easy, usual, hard, spoilt] = [
    await f1({ difficulty: 0 }),
    await f1({}),
    await f1({ difficulty: 1 }),
    await f1({ mislabelled: 0.3 }),
  ];
  assert.ok(easy > usual + 0.03 && usual > hard + 0.03 && usual > spoilt + 0.05, [easy, usual, hard, spoilt].join(' '));
});

corpus.run();
