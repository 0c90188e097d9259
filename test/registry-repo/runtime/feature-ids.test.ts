import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createEncoder } from '../../../registry-repo/runtime/encoder.ts';
import { FeatureIds, featureId } from '../../../registry-repo/runtime/feature-ids.ts';
import type { HashedNgrams } from '../../../registry-repo/runtime/hashed-ngrams.ts';
import { NgramHasher } from '../../../registry-repo/runtime/ngrams.ts';
import { Preprocessor } from '../../../registry-repo/runtime/preprocessor.ts';

const spec = (bits = 10, zones: HashedNgrams['zones'] = [{ from: 0, to: 1, order: 2 }]): HashedNgrams => ({
  kind: 'hashed-ngrams',
  tokens: 'words-1',
  bits,
  zones,
});
const text = fc.oneof(
  fc.array(fc.constantFrom('good', 'bad', 'film', '好', '!'), { maxLength: 200 }).map((words) => words.join(' ')),
  fc.string({ unit: 'binary', maxLength: 100 }),
);

const ids = suite('feature ids');

ids('are the low bits of the n-grams’ hashes, each once, in the order in which they come', () => {
  fc.assert(
    fc.property(text, fc.constantFrom(8, 10, 18, 28), (t, bits) => {
      const hasher = new NgramHasher(spec().zones);
      const count = hasher.read(t);
      const all = Array.from(hasher.hashes.subarray(0, count), (hash) => featureId(hash, bits));
      const own = [...new FeatureIds(spec(bits)).of(t)];
      assert.equal(own, [...new Set(all)]);
      assert.ok(own.every((id) => Number.isInteger(id) && id >= 0 && id < 2 ** bits));
    }),
    { numRuns: 200 },
  );
});

ids('fill all of their range', () => {
  const many = Array.from({ length: 20_000 }, (_, i) => `w${i}`).join(' ');
  const found = new FeatureIds(spec(8)).of(many);
  assert.is(found.length, 256);
  assert.equal([Math.min(...found), Math.max(...found)], [0, 255]);
});

ids('stay what they were when the next text is read', () => {
  const reader = new FeatureIds(spec());
  const first = reader.of('a good film');
  const before = [...first];
  reader.of('something else altogether, and longer');
  assert.equal([...first], before);
  assert.equal([...reader.of('a good film')], before);
});

ids('of nothing are none', () => assert.is(new FeatureIds(spec()).of('').length, 0));

const encoder = suite('encoder');
const noFile = () => new Uint8Array(0);
const ids1 = [{ name: 'ids', type: 'int32' as const, shape: ['batch', 'length'] }];

encoder('gives the one input its ids, and a filler beyond all of them', () => {
  const made = createEncoder(spec(9), ids1, noFile);
  assert.equal(made.encode('a good film'), { ids: new FeatureIds(spec(9)).of('a good film') });
  assert.is(made.inputs.ids?.filler, 512);
});

encoder('refuses inputs that it cannot fill', () => {
  const [input] = ids1;
  for (const inputs of [[], [input, { ...input, name: 'mask' }], [{ ...input, shape: ['batch'] }]])
    assert.throws(
      () => createEncoder(spec(), inputs as typeof ids1, noFile),
      (e: unknown) => e instanceof RangeError,
    );
});

const preprocessor = suite('preprocessor');
const fits = (value: unknown) => Preprocessor.safeParse(value).success;

preprocessor('is one of the kinds we know, whole, and within bounds', () => {
  assert.ok(fits(spec()));
  assert.ok(fits(spec(28, Array(8).fill({ from: 0.5, to: 1, order: 5 }))));
  const wrong: unknown[] = [
    { ...spec(), kind: 'word-piece' },
    { ...spec(), tokens: 'words-2' },
    { ...spec(), more: 1 },
    spec(7),
    spec(29),
    spec(9.5),
    spec(10, []),
    spec(10, Array(9).fill({ from: 0, to: 1, order: 1 })),
    spec(10, [{ from: 0.5, to: 0.5, order: 1 }]),
    spec(10, [{ from: 0.6, to: 0.5, order: 1 }]),
    spec(10, [{ from: -0.1, to: 1, order: 1 }]),
    spec(10, [{ from: 0, to: 1.1, order: 1 }]),
    spec(10, [{ from: 0, to: 1, order: 0 }]),
    spec(10, [{ from: 0, to: 1, order: 6 }]),
    spec(10, [{ from: Number.NaN, to: 1, order: 1 }]),
  ];
  for (const value of wrong) assert.not(fits(value), JSON.stringify(value));
});

ids.run();
encoder.run();
preprocessor.run();
