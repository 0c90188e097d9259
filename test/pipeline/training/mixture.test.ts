import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { f1Of, mixed, weigh } from '../../../pipeline/training/mixture.ts';
import { MACRO } from '../../../registry-repo/averaging.ts';
import { Random } from '../../../registry-repo/random.ts';

const s = suite('a mixture of two classifiers');
const ROWS = 4000;

/** Rows whose labels are drawn by the softmax of what two classifiers say, each with a weight, and of an offset. */
function drawn(labels: number, weights: readonly [number, number], offset: readonly number[]) {
  const random = Random.named(`mixture ${labels}`);
  const uniform = () => (random.bits() + 0.5) / 2 ** 32;
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const numbers = () => Float64Array.from({ length: ROWS * labels }, normal);
  const classifiers = [numbers(), numbers()] as const;
  const truth = Int32Array.from({ length: ROWS }, (_, row) => {
    const powers = offset.map((own, k) => {
      const at = row * labels + k;
      return Math.exp(own + weights[0] * (classifiers[0][at] as number) + weights[1] * (classifiers[1][at] as number));
    });
    let rest = uniform() * powers.reduce((a, b) => a + b, 0);
    return powers.findIndex((power) => {
      rest -= power;
      return rest < 0;
    });
  });
  return { classifiers, truth };
}

const near = (found: number, expected: number, within: number) =>
  assert.ok(Math.abs(found - expected) < within, `${found}, not ${expected}`);

for (const offset of [
  [0, 0.5],
  [0.3, -0.6, 0.3],
])
  s(`finds the weights that ${offset.length} labels were drawn by`, async () => {
    const { classifiers, truth } = drawn(offset.length, [1.5, 0.5], offset);
    const { slopes, offset: found } = await weigh(classifiers, truth, offset.length);
    near(slopes[0], 1.5, 0.15);
    near(slopes[1], 0.5, 0.15);
    offset.forEach((own, k) => {
      near((found[k] as number) - (found[0] as number), own - (offset[0] as number), 0.15);
    });
  });

s('does not depend on the scale of what is said, and gives weight to nothing that says nothing', async () => {
  const { classifiers, truth } = drawn(2, [1.5, 0.5], [0, 0]);
  const once = await weigh(classifiers, truth, 2);
  const [one, other] = classifiers;
  const scaled = await weigh([one.map((x) => 1000 * x), other], truth, 2);
  near(scaled.slopes[0] * 1000, once.slopes[0], 1e-3);
  near(scaled.slopes[1], once.slopes[1], 1e-3);
  const silent = await weigh([one, new Float64Array(other.length)], truth, 2);
  assert.is(silent.slopes[1], 0);
});

s('classes that can be told apart perfectly get finite weights', async () => {
  const truth = Int32Array.from({ length: 60 }, (_, i) => i % 2);
  const logits = Float64Array.from({ length: 120 }, (_, i) => ((i >> 1) % 2 === i % 2 ? 1 : -1));
  const mixture = await weigh([logits, logits], truth, 2);
  assert.ok(mixture.slopes.every((slope) => Number.isFinite(slope) && slope > 0));
  assert.is(f1Of(mixed(mixture, [logits, logits]), truth, { labels: ['a', 'b'], averaging: MACRO }), 1);
});

s.run();
