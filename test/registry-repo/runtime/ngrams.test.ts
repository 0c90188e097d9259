import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { NgramHasher } from '../../../registry-repo/runtime/ngrams.ts';

const ngrams = suite('n-grams');
const whole = (order: number) => ({ from: 0, to: 1, order });
type Zones = ConstructorParameters<typeof NgramHasher>[0];
function hashesOf(text: string, zones: Zones, hasher = new NgramHasher(zones)): number[] {
  const count = hasher.read(text);
  return [...hasher.hashes.subarray(0, count)];
}
const words = (n: number): string => Array.from({ length: n }, (_, i) => `w${i}`).join(' ');

/** How many n-grams up to `order` so many tokens have. */
const countOf = (tokens: number, order: number): number => {
  let sum = 0;
  for (let n = 1; n <= order; n++) sum += Math.max(0, tokens - n + 1);
  return sum;
};

ngrams('of three words, one after the other', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((word) => hashesOf(word, [whole(1)])[0]);
  const abc = hashesOf('a b c', [whole(3)]);
  assert.is(abc.length, 6);
  assert.equal([abc[0], abc[3], abc[5]], [a, b, c], 'each word, then what begins with it');
  assert.equal(hashesOf('a b', [whole(3)]), [abc[0], abc[1], b]);
  assert.equal(hashesOf('b c', [whole(3)]), abc.slice(3));
  assert.is(new Set(abc).size, 6);
});

ngrams('are as many as the formula says, zone by zone', () => {
  const zone = fc
    .tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 5 }))
    .filter(([from, to]) => from < to)
    .map(([from, to, order]) => ({ from: from / 10, to: to / 10, order }));
  fc.assert(
    fc.property(fc.nat(40), fc.array(zone, { minLength: 1, maxLength: 8 }), (tokens, zones) => {
      const expected = zones.map(({ from, to, order }) =>
        countOf(Math.floor(to * tokens) - Math.floor(from * tokens), order),
      );
      assert.is(
        new NgramHasher(zones).read(words(tokens)),
        expected.reduce((a, b) => a + b, 0),
      );
    }),
  );
});

ngrams('do not reach out of their zone', () => {
  const halves = [
    { from: 0, to: 0.5, order: 2 },
    { from: 0.5, to: 1, order: 2 },
  ];
  assert.is(hashesOf('a b c d', halves).length, 6, 'b c is in neither half');
  assert.equal(hashesOf('a b x y', halves).slice(0, 3), hashesOf('a b c d', halves).slice(0, 3));
  assert.equal(hashesOf('x y c d', halves).slice(3), hashesOf('a b c d', halves).slice(3));
});

ngrams('of zones are features of their own', () => {
  const same = hashesOf('a b c', [whole(2), whole(2), whole(2)]);
  assert.is(new Set(same).size, same.length);
  assert.equal(same.slice(0, 5), hashesOf('a b c', [whole(2)]), 'those of the first zone are as without others');
});

ngrams('know the order of words', () => {
  assert.not.equal(hashesOf('not good', [whole(2)]).at(1), hashesOf('good not', [whole(2)]).at(1));
  assert.equal(hashesOf('not good', [whole(1)]).sort(), hashesOf('good not', [whole(1)]).sort());
  const turned = [hashesOf('a b c', [whole(3)])[2], hashesOf('a c b', [whole(3)])[2], hashesOf('b a c', [whole(3)])[2]];
  assert.is(new Set(turned).size, 3);
});

ngrams('that repeat come again, with the same hash', () => {
  const twice = hashesOf('so so', [whole(1)]);
  assert.is(twice.length, 2);
  assert.is(twice[0], twice[1]);
  const again = hashesOf('a b a b', [whole(2)]);
  assert.equal(again.slice(0, 2), again.slice(4, 6));
});

ngrams('hardly ever share a hash', () => {
  const hashes = hashesOf(words(20_000), [whole(3)]);
  const shared = hashes.length - new Set(hashes).size;
  // 59,997 of 2³² hashes: 0.4 pairs are expected to meet.
  assert.ok(shared <= 6, `${shared} of ${hashes.length} meet another`);
});

ngrams('spread evenly over the low bits, which become ids', () => {
  const buckets = new Float64Array(256);
  const hashes = hashesOf(words(20_000), [whole(3)]);
  for (const hash of hashes) buckets[hash & 255] = (buckets[hash & 255] as number) + 1;
  const mean = hashes.length / 256;
  const chi = buckets.reduce((sum, n) => sum + (n - mean) ** 2 / mean, 0);
  assert.ok(chi > 150 && chi < 390, `χ² is ${chi} with 255 degrees of freedom`); // six standard deviations
});

ngrams('of a text do not depend on those before it', () => {
  const zones = [whole(3), { from: 0.7, to: 1, order: 2 }];
  const old = new NgramHasher(zones);
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', 'b', 'c ', '好', ', ', '  ', '\u2adc'), { maxLength: 3000 }), (parts) => {
      const text = parts.join('');
      assert.equal(hashesOf(text, zones, old), hashesOf(text, zones));
    }),
  );
});

ngrams('of nothing are none', () => {
  assert.is(new NgramHasher([whole(5)]).read(''), 0);
  assert.is(new NgramHasher([whole(5)]).read(' \n '), 0);
  assert.is(new NgramHasher([{ from: 0, to: 0.2, order: 2 }]).read('only four words here'), 0, 'a fifth of four words');
});

ngrams.run();
