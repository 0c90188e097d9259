import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Tensor, Tf } from '../../../../pipeline/training/backends/backend.ts';
import { type Recurrence, recurrence } from '../../../../pipeline/training/rnn/recurrence.ts';
import { operations } from '../../../../pipeline/training/transformer/operations.ts';
import { Random } from '../../../../registry-repo/random.ts';
import { testedBackends } from '../../../support/backends.ts';
import { fixture } from '../../../support/paths.ts';
import { scoped } from '../../../support/scoped.ts';

// An LSTM in both directions over texts of different lengths, held against PyTorch in float64; what the other steps
// promise of their derivatives, against differences.

const s = suite('the steps of a recurrent network');

type Numbers = { readonly shape: readonly number[]; readonly data: Float64Array };

function golden(): Map<string, Numbers> {
  const bytes = readFileSync(fixture('golden/lstm/golden.safetensors'));
  const end = 8 + Number(bytes.readBigUInt64LE());
  const entries: Record<string, { shape: number[]; data_offsets: [number, number] }> = JSON.parse(
    bytes.toString('utf8', 8, end),
  );
  return new Map(
    Object.entries(entries).map(([name, { shape, data_offsets: at }]) => {
      const copy = Uint8Array.from(bytes.subarray(end + at[0], end + at[1]));
      return [name, { shape, data: new Float64Array(copy.buffer) }];
    }),
  );
}

const [B, L, E, H] = [3, 6, 5, 7];
const LENGTHS = [6, 4, 1];
/** PyTorch's gates are input, forget, cell, output; ours input, output, forget, cell. */
const THEIRS = [0, 3, 1, 2];

/** PyTorch's [4H, n] of both directions as ours, [n, D·4H] or, by direction, [D, n, 4H]. */
function ours(tensors: Map<string, Numbers>, name: string, n: number, byDirection: boolean): Float32Array {
  const data = new Float32Array(2 * n * 4 * H);
  ['', '_reverse'].forEach((suffix, d) => {
    const theirs = tensors.get(`${name}${suffix}`)?.data as Float64Array;
    for (let gate = 0; gate < 4; gate++)
      for (let j = 0; j < H; j++)
        for (let i = 0; i < n; i++) {
          const row = (THEIRS[gate] as number) * H + j;
          const column = gate * H + j;
          data[byDirection ? (d * n + i) * 4 * H + column : i * 8 * H + d * 4 * H + column] = theirs[
            row * n + i
          ] as number;
        }
  });
  return data;
}

/** [D, B, H] as [B, D·H]. */
const beside = (data: Float64Array): Float32Array =>
  Float32Array.from({ length: B * 2 * H }, (_, at) => {
    const [b, d, j] = [Math.floor(at / (2 * H)), Math.floor(at / H) % 2, at % H];
    return data[(d * B + b) * H + j] as number;
  });

function near(found: ArrayLike<number>, expected: ArrayLike<number>, most: number, what: string): void {
  assert.is(found.length, expected.length, what);
  for (let i = 0; i < found.length; i++) {
    const off = Math.abs((found[i] as number) - (expected[i] as number));
    assert.ok(off < most, `${what} ${i}: ${found[i]}, not ${expected[i]}`);
  }
}

const maskOf = (tf: Tf): Tensor =>
  tf.tensor2d(
    LENGTHS.map((length) => Array.from({ length: L }, (_, t) => Number(t < length))),
    [B, L],
    'int32',
  );

for (const { name: on, open } of await testedBackends()) {
  s(`${on}: states and every gradient of an LSTM are PyTorch's`, async () => {
    const backend = await open();
    const { tf } = backend;
    const [ops, steps, tensors] = [operations(backend), recurrence(backend), golden()];
    const of = (name: string) => tensors.get(name)?.data as Float64Array;
    const [input, hidden] = [ours(tensors, 'param/bias_ih_l0', 1, false), ours(tensors, 'param/bias_hh_l0', 1, false)];
    const before = tf.memory().numTensors;
    await scoped(tf, async () => {
      const weights = [
        tf.tensor(Float32Array.from(of('x')), [B, L, E]),
        tf.tensor(ours(tensors, 'param/weight_ih_l0', E, false), [E, 8 * H]),
        tf.tensor(
          input.map((x, i) => x + (hidden[i] as number)),
          [8 * H],
        ),
        tf.tensor(ours(tensors, 'param/weight_hh_l0', H, true), [2, H, 4 * H]),
      ];
      const states = (x: Tensor, kernel: Tensor, bias: Tensor, recurrent: Tensor) =>
        steps.lstm(ops.linear(x, kernel, bias), LENGTHS, recurrent);
      const all = await states(...(weights as [Tensor, Tensor, Tensor, Tensor])).data();
      const expected = of('output');
      for (let b = 0; b < B; b++)
        for (let t = 0; t < (LENGTHS[b] as number); t++) {
          const from = (b * L + t) * 2 * H;
          near(all.slice(from, from + 2 * H), expected.slice(from, from + 2 * H), 1e-6, `text ${b}, token ${t}`);
        }
      const last = (...inputs: Tensor[]) => steps.last(states(...(inputs as [Tensor, Tensor, Tensor, Tensor])), 2);
      near(await last(...weights).data(), beside(of('h')), 1e-6, 'last states');
      const dy = tf.tensor(beside(of('loss_weight_on_h')), [B, 2 * H]);
      const gradients = tf.grads(last)(weights, dy);
      const [, dKernel, dBias, dRecurrent] = await Promise.all(gradients.map((gradient) => gradient.data()));
      near(dKernel ?? [], ours(tensors, 'grad/weight_ih_l0', E, false), 2e-6, 'kernel');
      near(dBias ?? [], ours(tensors, 'grad/bias_ih_l0', 1, false), 2e-6, 'bias');
      near(dRecurrent ?? [], ours(tensors, 'grad/weight_hh_l0', H, true), 2e-6, 'recurrent');
    });
    assert.is(tf.memory().numTensors, before);
  });

  const cases: Readonly<
    Record<string, { shape: number[]; compute: (steps: Recurrence, x: Tensor, tf: Tf) => Tensor }>
  > = {
    'one direction of an LSTM': {
      shape: [B, L, 8],
      compute: (steps, x, tf) => {
        const recurrent = tf.tensor(
          Float32Array.from({ length: 16 }, (_, i) => Math.sin(i)),
          [1, 2, 8],
        );
        return steps.lstm(x, LENGTHS, recurrent);
      },
    },
    'both directions of an LSTM': {
      shape: [B, L, 16],
      compute: (steps, x, tf) => {
        const recurrent = tf.tensor(
          Float32Array.from({ length: 32 }, (_, i) => Math.sin(i)),
          [2, 2, 8],
        );
        return steps.lstm(x, LENGTHS, recurrent);
      },
    },
    'the last state': { shape: [B, L, 4], compute: (steps, x) => steps.last(x, 1) },
    'the last state of two directions': { shape: [B, L, 4], compute: (steps, x) => steps.last(x, 2) },
    'the mean': { shape: [B, L, 4], compute: (steps, x, tf) => steps.mean(x, maskOf(tf)) },
    'the highest': { shape: [B, L, 4], compute: (steps, x, tf) => steps.max(x, maskOf(tf)) },
    'looking up': {
      shape: [5, 3],
      compute: (steps, x, tf) => steps.lookUp(tf.tensor2d([1, 1, 4, 0], [2, 2], 'int32'), x),
    },
  };
  for (const [name, { shape, compute }] of Object.entries(cases))
    s(`${on}: the derivative of ${name} is what differences say`, async () => {
      const backend = await open();
      const { tf } = backend;
      const steps = recurrence(backend);
      const random = Random.named(name);
      const size = shape.reduce((a, b) => a * b, 1);
      const values = Float32Array.from({ length: size }, () => random.below(2 ** 20) / 2 ** 18 - 2);
      const step = 1 / 64;
      const before = tf.memory().numTensors;
      await scoped(tf, async () => {
        const run = (numbers: Float32Array) => tf.tidy(() => compute(steps, tf.tensor(numbers, shape), tf));
        const weighed = async (numbers: Float32Array): Promise<number> => {
          const y = run(numbers);
          const sum = ((await y.data()) as Float32Array).reduce((all, value, i) => all + value * Math.sin(i + 1), 0);
          y.dispose();
          return sum;
        };
        const { shape: out, size: outs } = run(values);
        const dy = tf.tensor(
          Float32Array.from({ length: outs }, (_, i) => Math.sin(i + 1)),
          out,
        );
        const gradient = tf.grad((given) => compute(steps, given, tf))(tf.tensor(values, shape), dy);
        for (const [j, slope] of (await gradient.data()).entries()) {
          const at = (by: number) => weighed(values.map((value, k) => (k === j ? value + by : value)));
          const difference =
            (8 * ((await at(step)) - (await at(-step))) - ((await at(2 * step)) - (await at(-2 * step)))) / (12 * step);
          assert.ok(
            Math.abs(slope - difference) < 2e-3 * Math.max(1, Math.abs(slope)),
            `${j}: ${slope}, ${difference}`,
          );
        }
      });
      assert.is(tf.memory().numTensors, before);
    });
}

s.run();
