import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Backend, Tensor } from '../../../../pipeline/training/backends/backend.ts';
import { keptAt, seededDropout } from '../../../../pipeline/training/transformer/dropout.ts';
import { type Operations, operations } from '../../../../pipeline/training/transformer/operations.ts';
import { Random } from '../../../../registry-repo/random.ts';
import { testedBackends } from '../../../support/backends.ts';
import { scoped } from '../../../support/scoped.ts';

// Every step's derivative against differences of what it computes.

const s = suite('the steps of a transformer');

type Case = {
  readonly name: string;
  readonly shapes: readonly (readonly number[])[];
  compute(ops: Operations, inputs: Tensor[], tf: Backend['tf']): Tensor;
};

const keep = (tf: Backend['tf'], shape: readonly number[]) => seededDropout(tf, 3, 4)(5, 0.25, shape);

const cases: readonly Case[] = [
  {
    name: 'embed',
    shapes: [
      [5, 4],
      [6, 4],
      [2, 4],
    ],
    compute: (ops, [word, place, type], tf) =>
      ops.embed(
        tf.tensor2d(
          [
            [1, 1, 3],
            [4, 0, 1],
          ],
          [2, 3],
          'int32',
        ),
        word as Tensor,
        place as Tensor,
        type,
      ),
  },
  {
    name: 'embed without types',
    shapes: [
      [5, 4],
      [3, 4],
    ],
    compute: (ops, [word, place], tf) =>
      ops.embed(tf.tensor2d([[1, 2, 2]], [1, 3], 'int32'), word as Tensor, place as Tensor, undefined),
  },
  {
    name: 'linear',
    shapes: [[2, 3, 4], [4, 5], [5]],
    compute: (ops, [x, k, b]) => ops.linear(x as Tensor, k as Tensor, b as Tensor),
  },
  {
    name: 'linear of vectors',
    shapes: [[3, 4], [4, 2], [2]],
    compute: (ops, [x, k, b]) => ops.linear(x as Tensor, k as Tensor, b as Tensor),
  },
  {
    name: 'normalise',
    shapes: [[2, 3, 8], [2, 3, 8], [8], [8]],
    compute: (ops, [x, y, g, b]) => ops.normalise(x as Tensor, y as Tensor, g as Tensor, b as Tensor, 1e-5),
  },
  {
    name: 'normalise without a residual',
    shapes: [[2, 3, 8], [8], [8]],
    compute: (ops, [x, g, b]) => ops.normalise(x as Tensor, null, g as Tensor, b as Tensor, 1e-5),
  },
  ...[false, true].map(
    (dropped): Case => ({
      name: dropped ? 'attend, with dropout' : 'attend',
      shapes: [
        [2, 3, 4],
        [2, 3, 4],
        [2, 3, 4],
      ],
      compute(ops, [q, k, v], tf) {
        const bias = tf.tensor4d([0, 0, -1e9, 0, 0, 0], [2, 1, 1, 3]);
        return ops.attend(
          { q: q as Tensor, k: k as Tensor, v: v as Tensor, bias },
          2,
          dropped ? keep(tf, [2, 2, 3, 3]) : null,
        );
      },
    }),
  ),
  { name: 'gelu', shapes: [[2, 7]], compute: (ops, [x]) => ops.gelu(x as Tensor, false) },
  { name: 'gelu by tanh', shapes: [[2, 7]], compute: (ops, [x]) => ops.gelu(x as Tensor, true) },
  { name: 'tanh', shapes: [[2, 7]], compute: (ops, [x]) => ops.tanh(x as Tensor) },
  { name: 'relu', shapes: [[2, 7]], compute: (ops, [x]) => ops.relu(x as Tensor) },
  { name: 'drop', shapes: [[4, 7]], compute: (ops, [x], tf) => ops.drop(x as Tensor, keep(tf, [4, 7])) },
  { name: 'first', shapes: [[2, 3, 4]], compute: (ops, [x]) => ops.first(x as Tensor) },
  {
    name: 'crossEntropy',
    shapes: [[4, 3]],
    compute: (ops, [x], tf) => ops.crossEntropy(x as Tensor, tf.tensor1d([2, 0, 1, 1], 'int32'), 6),
  },
];

const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
const H = 1 / 64;

for (const { name: on, open } of await testedBackends())
  for (const { name, shapes, compute } of cases)
    s(`${on}: the derivative of ${name} is what differences say`, async () => {
      const backend = await open();
      const { tf } = backend;
      const ops = operations(backend);
      const random = Random.named(name);
      const values = shapes.map((shape) =>
        Float32Array.from({ length: size(shape) }, () => random.below(2 ** 20) / 2 ** 18 - 2),
      );
      const upload = (numbers: readonly Float32Array[]) =>
        numbers.map((n, i) => tf.tensor(n, [...(shapes[i] as number[])]));
      const before = tf.memory().numTensors;
      await scoped(tf, async () => {
        const run = (numbers: readonly Float32Array[]) => tf.tidy(() => compute(ops, upload(numbers), tf));
        // A weighted sum of all outputs, so that no direction is left out.
        const weighed = async (numbers: readonly Float32Array[]) => {
          const y = run(numbers);
          const sum = ((await y.data()) as Float32Array).reduce((all, value, i) => all + value * Math.sin(i + 1), 0);
          y.dispose();
          return sum;
        };
        const { shape, size: outputs } = run(values);
        const dy = tf.tensor(
          Float32Array.from({ length: outputs }, (_, i) => Math.sin(i + 1)),
          shape,
        );
        const gradients = tf.grads((...inputs) => compute(ops, inputs, tf))(upload(values), dy);
        for (const [i, gradient] of gradients.entries())
          for (const [j, slope] of (await gradient.data()).entries()) {
            const moved = (by: number) =>
              weighed(values.map((v, at) => (at === i ? v.map((x, k) => (k === j ? x + by : x)) : v)));
            // The fourth-order difference: what is left is mostly rounding.
            const difference =
              (8 * ((await moved(H)) - (await moved(-H))) - ((await moved(2 * H)) - (await moved(-2 * H)))) / (12 * H);
            assert.ok(
              Math.abs(slope - difference) < 2e-3 * Math.max(1, Math.abs(slope)),
              `input ${i}, number ${j}: ${slope}, differences say ${difference}`,
            );
          }
      });
      assert.is(tf.memory().numTensors, before);
    });

s('dropout depends on seed, step and place, and keeps the share it should', () => {
  const kept = keptAt(12345, 0.1, 100_001);
  const share = kept.reduce((sum, one) => sum + one, 0) / kept.length;
  assert.ok(Math.abs(share - 0.9) < 0.005, String(share));
  assert.equal(keptAt(12345, 0.1, 100_001), kept);
  assert.not.equal(keptAt(12346, 0.1, 100_001), kept);
  assert.equal(new Set(keptAt(1, 0, 1000)), new Set([1]));
});

s.run();
