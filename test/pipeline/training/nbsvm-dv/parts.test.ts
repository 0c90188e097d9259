import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fitLogistic, logisticScores } from '../../../../pipeline/training/nbsvm-dv/logistic.ts';
import { Sketch } from '../../../../pipeline/training/nbsvm-dv/sketch.ts';
import { Vocabulary } from '../../../../pipeline/training/nbsvm-dv/vocabulary.ts';
import { Random } from '../../../../registry-repo/random.ts';

const vocabulary = suite('Vocabulary');

vocabulary('numbers the ids of frequent hashes as a map would, one a slot, whatever the order', () =>
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.integer({ min: -6, max: 6 }), fc.integer()), { maxLength: 200 }),
      fc.integer({ min: 1, max: 4 }),
      (hashes, least) => {
        const own = new Vocabulary();
        for (const hash of hashes) own.add(hash);
        const counts = new Map<number, number>();
        for (const hash of hashes) counts.set(hash, (counts.get(hash) ?? 0) + 1);
        const byId = new Map<number, number>();
        for (const [hash, count] of counts)
          if (count >= least) byId.set(hash & 0xff, (byId.get(hash & 0xff) ?? 0) + count);
        const sorted = [...byId].sort(([a, m], [b, n]) => n - m || a - b);
        const firstOfSlot = new Map([...sorted].reverse().map(([id]) => [id & 0xf, id]));
        const wanted = sorted.filter(([id]) => firstOfSlot.get(id & 0xf) === id);
        const { idOf, counts: found } = own.number(least, { bits: 8, slotBits: 4 });
        assert.equal(
          [...idOf].map((id, i) => [id, found[i]]),
          wanted,
        );
        for (const [hash, count] of counts) {
          const column = own.column(hash);
          assert.is(column, count < least ? -1 : wanted.findIndex(([id]) => id === (hash & 0xff)));
        }
      },
    ),
  ),
);

vocabulary('grows', () => {
  const own = new Vocabulary();
  for (let i = 0; i < 200_000; i++) own.add(Math.imul(i, 0x9e3779b1));
  assert.is(
    own.number(1, { bits: 24, slotBits: 24 }).counts.reduce((a, b) => a + b, 0),
    200_000,
  );
  assert.is(own.column(12345), -1);
});

const sketch = suite('Sketch');

sketch('is never wrong about what occurred often enough', () => {
  const own = new Sketch(3);
  const other = new Sketch(3, own.shared);
  for (const counts of [own, other, own]) counts.add(77);
  own.add(-5);
  assert.ok(other.maybe(77));
  assert.not(other.maybe(-5));
});

const logistic = suite('logistic regression by Newton');

const random = Random.named('logistic');
const uniform = () => random.bits() / 2 ** 32 - 0.5;
const [ROWS, WIDTH] = [300, 4];
const features = Float64Array.from({ length: ROWS * WIDTH }, (_, i) => uniform() * 10 ** (i % WIDTH));
const rows = Int32Array.from({ length: ROWS }, (_, i) => i);
const truth = Array.from(rows, (row) => (features[row * WIDTH] as number) + 0.3 * uniform() > 0.1);
const problem = { features, width: WIDTH, rows, inside: (row: number) => truth[row] as boolean, cost: 2 };

logistic('no small step makes the loss smaller, whatever the scale of the features', () => {
  const fitted = fitLogistic(problem);
  const deviation = Array.from({ length: WIDTH }, (_, j) => {
    const column = Array.from(rows, (row) => features[row * WIDTH + j] as number);
    const mean = column.reduce((a, b) => a + b, 0) / ROWS;
    return Math.sqrt(column.reduce((sum, x) => sum + (x - mean) ** 2, 0) / ROWS);
  });
  const loss = (weight: Float64Array, bias: number) => {
    const scores = logisticScores({ weight, bias }, problem);
    const errors = scores.reduce((sum, z, i) => sum + Math.log1p(Math.exp(truth[i] ? -z : z)), 0);
    return problem.cost * errors + weight.reduce((sum, w, j) => sum + (w * (deviation[j] as number)) ** 2, 0) / 2;
  };
  const best = loss(fitted.weight, fitted.bias);
  for (const step of [1e-3, -1e-3]) {
    assert.ok(loss(fitted.weight, fitted.bias + step) > best);
    for (let j = 0; j < WIDTH; j++) {
      const moved = Float64Array.from(fitted.weight);
      moved[j] = (moved[j] as number) + step / (deviation[j] as number);
      assert.ok(loss(moved, fitted.bias) > best, `weight ${j}`);
    }
  }
});

logistic('classes that can be told apart perfectly, and features that are all alike, do not stop it', () => {
  const apart = fitLogistic({ ...problem, inside: (row) => (features[row * WIDTH] as number) > 0, cost: 1e6 });
  assert.ok(apart.weight.every(Number.isFinite) && (apart.weight[0] as number) > 0);
  const alike = fitLogistic({ ...problem, features: new Float64Array(ROWS * WIDTH).fill(3) });
  assert.ok(alike.weight.every((w) => Math.abs(w) < 1e-6) && Number.isFinite(alike.bias));
});

vocabulary.run();
sketch.run();
logistic.run();
