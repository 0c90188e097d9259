import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Averaging, f1, labelF1, MalformedCountsError } from '../../registry-repo/f1.ts';
import { compare, fraction, fromDecimal, plus, times, toNumber } from '../../registry-repo/fraction.ts';

const fractions = suite('fractions');

fractions('a decimal is what was written, not the nearest double', () => {
  for (const [value, n, d] of [
    [0.85, 85, 100],
    [0, 0, 1],
    [1, 1, 1],
    [0.1, 1, 10],
    [1e-7, 1, 10_000_000],
    [2.5e21, 25n * 10n ** 20n, 1],
    [-0.25, -25, 100],
  ] as const)
    assert.is(compare(fromDecimal(value), fraction(BigInt(n), d)), 0, String(value));
  for (const bad of [Number.NaN, Infinity, -Infinity])
    assert.throws(
      () => fromDecimal(bad),
      (e: unknown) => e instanceof RangeError,
    );
});

fractions('0.7 + 0.1 is at least 0.8, which doubles deny', () => {
  assert.ok(!(0.7 + 0.1 >= 0.8));
  assert.is(compare(plus(fromDecimal(0.7), fromDecimal(0.1)), fromDecimal(0.8)), 0);
});

fractions('compare is an order that agrees with exact arithmetic', () => {
  const part = fc
    .tuple(fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }), fc.bigInt({ min: 1n, max: 10n ** 12n }))
    .map(([n, d]) => fraction(n, d));
  fc.assert(
    fc.property(part, part, part, (a, b, c) => {
      assert.is(Math.sign(compare(a, b)), -Math.sign(compare(b, a)) + 0);
      assert.is(compare(plus(a, c), plus(b, c)), compare(a, b));
      if (compare(a, b) <= 0 && compare(b, c) <= 0) assert.ok(compare(a, c) <= 0);
      assert.is(compare(times(a, b), times(b, a)), 0);
    }),
  );
});

const metric = suite('F1');
const binary: Averaging = { average: 'binary', positive: 'pos' };

metric('counts to F1, by hand', () => {
  const counts = [
    [50, 10],
    [5, 35],
  ]; // TP 35, FP 10, FN 5
  assert.is(compare(f1(['neg', 'pos'], counts, binary), fraction(70, 85)), 0);
  assert.is(
    compare(
      f1(['neg', 'pos'], counts, { average: 'macro', positive: null }),
      times(fraction(1, 2), plus(fraction(100, 115), fraction(70, 85))),
    ),
    0,
  );
});

metric('0/0 is 0, as scikit-learn has it', () => {
  assert.is(
    toNumber(
      labelF1(
        [
          [5, 0],
          [0, 0],
        ],
        1,
      ),
    ),
    0,
  );
  assert.is(
    toNumber(
      f1(
        ['a', 'b'],
        [
          [0, 0],
          [0, 0],
        ],
        { average: 'weighted', positive: null },
      ),
    ),
    0,
  );
});

metric('refuses counts that do not fit', () => {
  for (const counts of [[[1, 2]], [[1], [2]], [[1, 2], [3]]])
    assert.throws(
      () => f1(['neg', 'pos'], counts, binary),
      (e: unknown) => e instanceof MalformedCountsError,
    );
  assert.throws(
    () =>
      f1(
        ['a', 'b'],
        [
          [1, 0],
          [0, 1],
        ],
        binary,
      ),
    (e: unknown) => e instanceof MalformedCountsError,
  );
});

metric('does not depend on the order of labels', () => {
  const matrix = fc
    .integer({ min: 2, max: 5 })
    .chain((k) => fc.array(fc.array(fc.nat(1000), { minLength: k, maxLength: k }), { minLength: k, maxLength: k }));
  fc.assert(
    fc.property(matrix, fc.constantFrom('macro' as const, 'weighted' as const), (counts, average) => {
      const labels = counts.map((_, i) => `l${i}`);
      const reversed = [...counts].reverse().map((row) => [...row].reverse());
      assert.is(
        compare(
          f1(labels, counts, { average, positive: null }),
          f1([...labels].reverse(), reversed, { average, positive: null }),
        ),
        0,
      );
    }),
  );
});

fractions.run();
metric.run();
