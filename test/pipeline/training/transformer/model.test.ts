import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parameterShapes } from '../../../../pipeline/onnx/architecture.ts';
import type { Backend, Tensor } from '../../../../pipeline/training/backends/backend.ts';
import { Model } from '../../../../pipeline/training/transformer/model.ts';
import { AdamW } from '../../../../pipeline/training/transformer/optimizer.ts';
import { linearSchedule } from '../../../../pipeline/training/transformer/schedule.ts';
import { testedBackends } from '../../../support/backends.ts';
import { distance, type Inputs, inTheirOrder, nameOf, reference } from '../../../support/reference.ts';

// Held against PyTorch in float64: what a text becomes between the layers, every gradient, six steps of training.

const s = suite('a tiny transformer, against PyTorch');

const upload = ({ tf }: Backend, { input_ids, attention_mask }: Inputs) => ({
  ids: tf.tensor2d(input_ids, undefined, 'int32'),
  mask: tf.tensor2d(attention_mask, undefined, 'int32'),
});

const numbers = async (tensor: Tensor) => (await tensor.data()) as Float32Array;

function open(backend: Backend, name: 'tiny-bert' | 'tiny-distilbert') {
  const golden = reference(name);
  const model = new Model(backend, golden.architecture);
  const weights = new Map(
    [...golden.parameters].map(([key, { data, shape }]) => [key, backend.tf.tensor(data, [...shape])]),
  );
  return { ...golden, model, weights };
}

/** Loss and gradients of every parameter. */
async function differentiate(
  { tf }: Backend,
  weights: ReadonlyMap<string, Tensor>,
  loss: (w: ReadonlyMap<string, Tensor>) => Tensor,
) {
  const names = [...weights.keys()];
  const { value, grads } = tf.valueAndGrads(
    (...tensors) => loss(new Map(names.map((n, i) => [n, tensors[i] as Tensor]))) as never,
  )([...weights.values()]);
  return {
    loss: (await numbers(value as Tensor))[0] as number,
    gradients: new Map(names.map((n, i) => [n, grads[i] as Tensor])),
  };
}

for (const { name: on, open: start } of await testedBackends())
  for (const name of ['tiny-distilbert', 'tiny-bert'] as const) {
    s(`${on}, ${name}: has the parameters that the architecture promises`, async () => {
      const { architecture, labels, parameters } = reference(name);
      const shapes = [...parameterShapes(architecture, labels)].map(([key, shape]) => `${key} ${shape}`);
      assert.equal([...parameters].map(([key, { shape }]) => `${key} ${shape}`).sort(), shapes.sort());
    });

    s(`${on}, ${name}: hidden states, attention and logits`, async () => {
      const backend = await start();
      const { model, weights, training, tensors, every } = open(backend, name);
      const { tf } = backend;
      const seen = new Map<string, Tensor>();
      const logits = model.logits(weights, upload(backend, training.inputs), {
        watch: (key, value) => seen.set(key, tf.keep(tf.clone(value))),
      });
      for (const [key, value] of seen) {
        const off = distance(await numbers(value), tensors.get(key)?.data as Float32Array, every);
        assert.ok(off < 1e-5, `${key} is off by ${off}`);
      }
      const off = distance(await numbers(logits), training.logits.flat());
      assert.ok(off < 1e-5, `the logits are off by ${off}`);
      assert.equal(
        [...seen.keys()].sort(),
        [...tensors.keys()].filter((key) => /^(?:hidden|attention)/.test(key)).sort(),
      );
    });

    s(`${on}, ${name}: loss and every gradient`, async () => {
      const backend = await start();
      const { model, weights, training, tensors, every } = open(backend, name);
      const expectedOf = (key: string) => tensors.get(key)?.data as Float32Array;
      const labels = backend.tf.tensor1d(training.labels, 'int32');
      const batch = upload(backend, training.inputs);
      const { loss, gradients } = await differentiate(backend, weights, (w) =>
        model.loss(w, batch, labels, training.labels.length),
      );
      assert.ok(Math.abs(loss - training.loss) < 1e-5, `${loss}, not ${training.loss}`);
      const keys = [...tensors.keys()].filter((key) => key.startsWith('grad/'));
      assert.is(keys.length, weights.size);
      const size = Math.max(...keys.flatMap((key) => Array.from(expectedOf(key), Math.abs)));
      for (const key of keys) {
        const theirs = key.slice('grad/'.length);
        const gradient = gradients.get(nameOf(theirs).name) as Tensor;
        const expected = expectedOf(key);
        const own = Math.max(...expected.map(Math.abs));
        const off = distance(inTheirOrder(theirs, gradient.shape, await numbers(gradient)), expected, every) * own;
        // Those of key biases are 0 but for rounding.
        assert.ok(off < 1e-4 * Math.max(own, size / 1000), `${theirs} is off by ${off} of ${own}`);
      }
    });

    s(`${on}, ${name}: six steps of AdamW with warm-up, decay and clipping`, async () => {
      const backend = await start();
      const { model, weights, training, tensors, every } = open(backend, name);
      const { lr, weight_decay: weightDecay, clip, warmup, steps, trace, logits_after } = training.training;
      const optimizer = new AdamW(backend, weights, { weightDecay, clip });
      for (const [i, step] of trace.entries()) {
        const labels = backend.tf.tensor1d(step.labels, 'int32');
        const batch = upload(backend, step.inputs);
        const { loss, gradients } = await differentiate(backend, optimizer.weights, (w) =>
          model.loss(w, batch, labels, step.labels.length),
        );
        const rate = lr * linearSchedule(i, warmup, steps);
        assert.ok(Math.abs(rate - step.lr) < 1e-12, `step ${i}: rate ${rate}, not ${step.lr}`);
        const norm = await optimizer.step(gradients, rate);
        assert.ok(Math.abs(loss - step.loss) < 1e-4, `step ${i}: loss ${loss}, not ${step.loss}`);
        const wanted = step.grad_norm_before_clip;
        assert.ok(Math.abs(norm - wanted) < 1e-4 * wanted, `step ${i}: norm ${norm}, not ${wanted}`);
      }
      for (const key of [...tensors.keys()].filter((k) => k.startsWith('after/'))) {
        const theirs = key.slice('after/'.length);
        const weight = optimizer.weights.get(nameOf(theirs).name) as Tensor;
        const off = distance(
          inTheirOrder(theirs, weight.shape, await numbers(weight)),
          tensors.get(key)?.data as Float32Array,
          every,
        );
        // Key biases move by what rounding leaves of a gradient of 0.
        assert.ok(off < (/(?:k_lin|key)\.bias$/.test(theirs) ? 0.02 : 1e-3), `${theirs} is off by ${off}`);
      }
      const logits = await numbers(model.logits(optimizer.weights, upload(backend, training.inputs)));
      const off = distance(logits, logits_after.flat());
      assert.ok(off < 1e-3, `the logits afterwards are off by ${off}`);
    });
  }

s.run();
