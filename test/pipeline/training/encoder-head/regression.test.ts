import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Classes, fitRegression, measure } from '../../../../pipeline/training/encoder-head/regression.ts';
import { fitLogistic } from '../../../../pipeline/training/nbsvm-dv/logistic.ts';
import { Random } from '../../../../registry-repo/random.ts';

const s = suite('regression by L-BFGS');

/** Standardised features, so that the two solvers have the same objective. */
function problem(labels: number, rows = 200, width = 6): Classes {
  const random = Random.named('regression');
  const features = Float32Array.from({ length: rows * width }, () => random.below(2 ** 20) / 2 ** 19 - 1);
  for (let j = 0; j < width; j++) {
    const column = Array.from({ length: rows }, (_, i) => features[i * width + j] as number);
    const mean = column.reduce((a, b) => a + b, 0) / rows;
    const deviation = Math.sqrt(column.reduce((a, b) => a + (b - mean) ** 2, 0) / rows);
    for (let i = 0; i < rows; i++) features[i * width + j] = ((column[i] as number) - mean) / deviation;
  }
  const truth = Int32Array.from({ length: rows }, (_, i) => {
    const sum = (features[i * width] as number) + (features[i * width + 1] as number) + random.below(100) / 60 - 0.8;
    return labels === 2 ? Number(sum > 0) : Math.max(0, Math.min(labels - 1, Math.floor(sum + labels / 2)));
  });
  return { features, width, truth, labels };
}

s('two classes: the weights that Newton’s method finds', async () => {
  const classes = problem(2);
  const rows = Int32Array.from(classes.truth.keys());
  for (const cost of [0.01, 1, 100]) {
    const inside = (row: number) => classes.truth[row] === 1;
    const expected = fitLogistic({ ...classes, rows, inside, cost });
    const found = await fitRegression(classes, { rows, cost, iterations: 1000 });
    [...expected.weight, expected.bias].forEach((value, i) => {
      assert.ok(Math.abs(value - (found[i] as number)) < 2e-3, `${cost}: ${value}, ${found[i]}`);
    });
  }
});

s('more classes: every step leads down, and the end is flat', async () => {
  const classes = problem(4);
  const rows = Int32Array.from(classes.truth.keys());
  const losses: number[] = [];
  const cost = 1;
  const before = async (_: number, loss: number) => void losses.push(loss);
  const found = await fitRegression(classes, { rows, cost, iterations: 1000, before });
  for (const [i, loss] of losses.entries()) assert.ok(i === 0 || loss < (losses[i - 1] as number));
  const objective = (weights: Float64Array) =>
    cost * rows.length * measure(classes, weights, rows).loss +
    weights.subarray(0, 24).reduce((sum, weight) => sum + weight * weight, 0) / 2;
  const least = objective(found);
  for (let i = 0; i < found.length; i++)
    for (const by of [-0.05, 0.05])
      assert.ok(objective(found.map((weight, j) => (i === j ? weight + by : weight))) > least);
  assert.ok(measure(classes, found, rows).accuracy > 0.7);
});

s.run();
