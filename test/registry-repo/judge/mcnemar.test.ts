import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { mcnemar } from '../../../registry-repo/judge/mcnemar.ts';

const test = suite('McNemar');
const near = (a: number, b: number, tolerance = 1e-12) =>
  assert.ok(Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b)), `${a} is not ${b}`);

/** By definition: the sum of binomial coefficients over 2ⁿ. */
function byDefinition(lost: number, won: number): number {
  const n = lost + won;
  let [coefficient, sum] = [1n, 0n];
  for (let k = 0; k <= n; k++) {
    if (k >= won) sum += coefficient;
    coefficient = (coefficient * BigInt(n - k)) / BigInt(k + 1);
  }
  return Number((sum * 10n ** 18n) / 2n ** BigInt(n)) / 1e18;
}

test('by hand', () => {
  assert.is(mcnemar(0, 0), 1);
  near(mcnemar(0, 1), 0.5);
  near(mcnemar(1, 0), 1);
  near(mcnemar(0, 10), 1 / 1024);
  near(mcnemar(5, 15), 21700 / 2 ** 20); // Σ C(20, k) for k from 15
});

test('agrees with its definition', () => {
  fc.assert(
    fc.property(fc.nat(150), fc.nat(150), (lost, won) => near(mcnemar(lost, won), byDefinition(lost, won), 1e-10)),
  );
});

test('stays a probability for millions of rows', () => {
  for (const [lost, won] of [
    [1e6, 1e6],
    [1e6, 1_003_000],
    [1e6, 2e6],
    [2e6, 1e6],
  ] as const) {
    const p = mcnemar(lost, won);
    assert.ok(p >= 0 && p <= 1, `${lost} ${won} ${p}`);
  }
  near(mcnemar(1e6, 1e6), 0.5 + 0.5 / Math.sqrt(Math.PI * 1e6), 1e-6); // the middle term is 1/√(πn/2)
});

test.run();
