// Before the library: it must not send usage data.
import '../../../registry-repo/runtime/no-telemetry.ts';

import fc from 'fast-check';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { proveRowWise } from '../../../registry-repo/row-wise/prove.ts';
import { attribute, FLOAT, floats, INT64, int64s, model, node, tensor, value } from '../../support/onnx.ts';

// Graphs built at random from steps over [batch, LENGTH, WIDTH], some with a step that crosses texts. ONNX Runtime is the judge.

const [LENGTH, WIDTH, TEXTS] = [4, 3, 5];
const { int, ints } = attribute;

/** Adds nodes that turn `from` into `to`, of the same axes. `axis` may be 0, the batch's. */
type Step = (from: string, to: string, axis: number) => Uint8Array[];

const alone =
  (operator: string): Step =>
  (from, to) => [node(operator, [from], [to])];

/** By name, and whether an axis of 0 crosses texts. */
const STEPS: Readonly<Record<string, readonly [crosses: boolean, Step]>> = {
  Tanh: [false, alone('Tanh')],
  Relu: [false, alone('Relu')],
  Sigmoid: [false, alone('Sigmoid')],
  add: [false, (from, to) => [node('Add', [from, 'row'], [to])]],
  multiply: [false, (from, to) => [node('MatMul', [from, 'square'], [to])]],
  softmax: [true, (from, to, axis) => [node('Softmax', [from], [to], { attributes: [int('axis', axis)] })]],
  center: [
    true,
    (from, to, axis) => [node('ReduceMean', [from, `axis${axis}`], [`${to}m`]), node('Sub', [from, `${to}m`], [to])],
  ],
  largest: [
    true,
    (from, to, axis) => [
      node('ReduceMax', [from, `axis${axis}`], [`${to}m`], { attributes: [int('keepdims', 1)] }),
      node('Mul', [from, `${to}m`], [to]),
    ],
  ],
  running: [true, (from, to, axis) => [node('CumSum', [from, `axis${axis}`], [to])]],
  turned: [
    true,
    (from, to, axis) => [
      node('Transpose', [from], [`${to}t`], { attributes: [ints('perm', [2, 0, 1])] }),
      node('Softmax', [`${to}t`], [`${to}s`], { attributes: [int('axis', (axis + 1) % 3)] }),
      node('Transpose', [`${to}s`], [to], { attributes: [ints('perm', [1, 2, 0])] }),
    ],
  ],
  together: [
    false,
    (from, to) => [
      node('Shape', [from], [`${to}shape`]),
      node('Reshape', [from, 'rowsOf'], [`${to}flat`]),
      node('MatMul', [`${to}flat`, 'square'], [`${to}p`]),
      node('Reshape', [`${to}p`, `${to}shape`], [to]),
    ],
  ],
  ends: [
    true,
    (from, to, axis) => [
      node('Slice', [from, 'axis1', 'far', `axis${axis}`], [`${to}tail`]),
      node('Slice', [from, 'axis0', 'axis1', `axis${axis}`], [`${to}head`]),
      node('Concat', [`${to}tail`, `${to}head`], [to], { attributes: [int('axis', axis)] }),
    ],
  ],
  attend: [
    true,
    (from, to, axis) =>
      axis === 0
        ? [
            node('Transpose', [from], [`${to}q`], { attributes: [ints('perm', [1, 0, 2])] }),
            node('Transpose', [from], [`${to}k`], { attributes: [ints('perm', [1, 2, 0])] }),
            node('MatMul', [`${to}q`, `${to}k`], [`${to}s`]),
            node('MatMul', [`${to}s`, `${to}q`], [`${to}c`]),
            node('Transpose', [`${to}c`], [to], { attributes: [ints('perm', [1, 0, 2])] }),
          ]
        : [
            node('Transpose', [from], [`${to}k`], { attributes: [ints('perm', [0, 2, 1])] }),
            node('MatMul', [from, `${to}k`], [`${to}s`]),
            node('Softmax', [`${to}s`], [`${to}w`]),
            node('MatMul', [`${to}w`, from], [to]),
          ],
  ],
};

type Plan = readonly { readonly step: string; readonly axis: number }[];

function build(plan: Plan): Uint8Array {
  const nodes: Uint8Array[] = [node('Mul', ['x', 'tenth'], ['t0'])];
  plan.forEach(({ step, axis }, i) => {
    const [, add] = STEPS[step] as readonly [boolean, Step];
    nodes.push(...add(`t${i}`, `t${i + 1}`, axis));
  });
  nodes.push(node('ReduceSum', [`t${plan.length}`, 'axis1'], ['sum'], { attributes: [int('keepdims', 0)] }));
  nodes.push(node('Tanh', ['sum'], ['p']));
  return model(
    {
      nodes,
      initializers: [
        tensor('row', [WIDTH], FLOAT, floats(0.5, -0.25, 1)),
        tensor('square', [WIDTH, WIDTH], FLOAT, floats(0.2, -0.7, 0.4, 0.9, 0.1, -0.3, -0.6, 0.8, 0.5)),
        tensor('tenth', [], FLOAT, floats(0.1)),
        tensor('rowsOf', [2], INT64, int64s(-1, WIDTH)),
        tensor('far', [1], INT64, int64s(1000)),
        ...[0, 1, 2].map((n) => tensor(`axis${n}`, [1], INT64, int64s(n))),
      ],
      inputs: [value('x', FLOAT, ['batch', LENGTH, WIDTH])],
      outputs: [value('p', FLOAT, ['batch', WIDTH])],
    },
    { opset: 18 },
  );
}

const size = LENGTH * WIDTH;
const texts = Float32Array.from({ length: TEXTS * size }, (_, i) => ((i * 7919) % 101) / 10 - 5);

/** How far answers alone are from answers in one batch. */
async function farthest(graph: Uint8Array): Promise<number> {
  const session = await InferenceSession.create(graph, { logSeverityLevel: 4, intraOpNumThreads: 1 });
  const run = async (data: Float32Array) => {
    const { p } = await session.run({ x: new Tensor('float32', data, [data.length / size, LENGTH, WIDTH]) });
    return p?.data as Float32Array;
  };
  const together = await run(texts);
  let far = 0;
  for (let text = 0; text < TEXTS; text++) {
    const own = await run(texts.slice(text * size, (text + 1) * size));
    own.forEach((v, k) => {
      far = Math.max(far, Math.abs(v - (together[text * WIDTH + k] as number)));
    });
  }
  await session.release();
  return far;
}

const plans = (axis: fc.Arbitrary<number>): fc.Arbitrary<Plan> =>
  fc.array(fc.record({ step: fc.constantFrom(...Object.keys(STEPS)), axis }), { maxLength: 6 });
const s = suite('graphs at random');

s('without a step across texts they are proven, and ONNX Runtime answers each text alone as in a batch', () =>
  fc.assert(
    fc.asyncProperty(plans(fc.constantFrom(1, 2)), async (plan) => {
      const graph = build(plan);
      assert.equal(proveRowWise(graph), { rowWise: true });
      const far = await farthest(graph);
      assert.ok(far < 1e-4, `${far}`);
    }),
    { numRuns: 150 },
  ),
);

s('with a step across texts, wherever it stands, none is proven', () =>
  fc.assert(
    fc.property(plans(fc.constantFrom(0, 1, 2)), fc.nat(), (plan, at) => {
      const crossing = Object.keys(STEPS).filter((name) => STEPS[name]?.[0]);
      const step = { step: crossing[at % crossing.length] as string, axis: 0 };
      const graph = build(plan.toSpliced(at % (plan.length + 1), 0, step));
      assert.not(proveRowWise(graph).rowWise);
    }),
    { numRuns: 1000 },
  ),
);

s('whatever the axes, what ONNX Runtime answers by neighbours is not proven', () =>
  fc.assert(
    fc.asyncProperty(plans(fc.constantFrom(0, 1, 2)), async (plan) => {
      const graph = build(plan);
      if (proveRowWise(graph).rowWise) assert.ok((await farthest(graph)) < 1e-4);
    }),
    { numRuns: 150 },
  ),
);

s.run();
