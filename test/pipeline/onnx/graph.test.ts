// Before the library: it must not send usage data.
import '../../../registry-repo/runtime/no-telemetry.ts';

import { InferenceSession, Tensor } from 'onnxruntime-node';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeModel, type Initializer, type OnnxGraph } from '../../../pipeline/onnx/graph.ts';
import { ModelShape } from '../../../registry-repo/onnx-scan/messages.ts';
import { scanOnnx } from '../../../registry-repo/onnx-scan/scan.ts';
import { Input, readMessage } from '../../../registry-repo/onnx-scan/wire.ts';

const contract = {
  inputs: [{ name: 'x', type: 'float32' as const, shape: ['batch', 2] }],
  output: { name: 'y', type: 'float32' as const, shape: ['batch', 2] },
};
const graph = (over: Partial<OnnxGraph> = {}): OnnxGraph => ({
  name: 'affine',
  opset: 17,
  inputs: contract.inputs,
  outputs: [contract.output],
  initializers: [
    { name: 'w', type: 'float32', dims: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
    { name: 'b', type: 'float32', dims: [2], data: Float32Array.of(0.5, -0.5) },
  ],
  nodes: [
    { op: 'MatMul', inputs: ['x', 'w'], outputs: ['s'] },
    { op: 'Add', inputs: ['s', 'b'], outputs: ['y'] },
  ],
  ...over,
});

async function run(model: OnnxGraph, x: readonly number[], dims: readonly number[], data = Float32Array.from(x)) {
  const session = await InferenceSession.create(encodeModel(model), { logSeverityLevel: 4 });
  try {
    const { y } = await session.run({ x: new Tensor('float32', data, dims) });
    return { type: y?.type, dims: y?.dims, data: Array.from((y?.data ?? []) as Float32Array) };
  } finally {
    await session.release();
  }
}

const writer = suite('ONNX writer');

writer('gives the same graph the same bytes, and another graph others', () => {
  const first = encodeModel(graph());
  assert.equal(encodeModel(structuredClone(graph())), first);
  assert.not.equal(encodeModel(graph({ name: 'other' })), first);
  assert.not.equal(encodeModel(graph({ opset: 18 })), first);
});

writer('writes what the gate’s reader reads: nothing to find, every name and size as given', () => {
  const bytes = encodeModel(graph());
  assert.equal(scanOnnx(bytes, contract), []);
  const model = readMessage(ModelShape, new Input(bytes));
  assert.equal([model.irVersion, model.producerName, model.opsets], [8, 'pawl', [{ domain: '', version: 17 }]]);
  const { nodes = [], initializers = [], name } = model.graph ?? {};
  assert.is(name, 'affine');
  assert.equal(
    nodes.map((n) => [n.operator, n.inputs, n.outputs, n.name]),
    [
      ['MatMul', ['x', 'w'], ['s'], 's'],
      ['Add', ['s', 'b'], ['y'], 'y'],
    ],
  );
  assert.equal(
    initializers.map((t) => [t.name, t.dims, t.dataType]),
    [
      ['w', [2, 2], 1],
      ['b', [2], 1],
    ],
  );
  assert.equal([...(initializers[0]?.rawData ?? [])], [...new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer)]);
  const sizes = (values = model.graph?.inputs) =>
    values?.map((v) => v.type?.tensor?.shape?.dimensions.map((d) => d.value ?? d.parameter));
  assert.equal([sizes(), sizes(model.graph?.outputs)], [[['batch', 2]], [['batch', 2]]]);
});

writer('writes tensors of all its types, also of none and of one number, and views into larger buffers', () => {
  const data = [
    Float32Array.of(1, -1, 0.5),
    Uint8Array.of(0, 255, 7),
    Int8Array.of(-128, 127, 0),
    Int32Array.of(-(2 ** 31), 2 ** 31 - 1, 0),
    BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n, 0n),
  ];
  const types = ['float32', 'uint8', 'int8', 'int32', 'int64'] as const;
  const initializers = data.flatMap((whole, i): Initializer[] => {
    const type = types[i] as Initializer['type'];
    return [
      { name: `${type} all`, type, dims: [3, 1], data: whole },
      { name: `${type} part`, type, dims: [2], data: whole.subarray(1) },
      { name: `${type} scalar`, type, dims: [], data: whole.subarray(2) },
      { name: `${type} none`, type, dims: [0, 5], data: whole.subarray(3) },
    ];
  });
  const bytes = encodeModel(graph({ initializers: [...graph().initializers, ...initializers] }));
  assert.equal(scanOnnx(bytes, contract), []);
  const read = readMessage(ModelShape, new Input(bytes)).graph?.initializers.slice(2);
  for (const [i, { name, dims, data: given }] of initializers.entries()) {
    assert.equal([read?.[i]?.name, read?.[i]?.dims], [name, dims]);
    const raw = new Uint8Array(given.buffer, given.byteOffset, given.byteLength);
    assert.equal([...(read?.[i]?.rawData ?? [])], [...raw], name);
  }
});

writer('refuses data that does not fill its dimensions, or is of another type than it says', () => {
  const refuses = (initializer: Initializer, pattern: RegExp) =>
    assert.throws(
      () => encodeModel(graph({ initializers: [initializer] })),
      (e: unknown) => e instanceof RangeError && pattern.test(e.message),
      JSON.stringify(initializer.dims),
    );
  const data = Float32Array.of(1, 2, 3);
  for (const dims of [[2], [4], [], [3, 2], [0], [1.5, 2], [-1, -3], [-3]])
    refuses({ name: 'w', type: 'float32', dims, data }, /w has 3 numbers for/);
  refuses({ name: 'w', type: 'int8', dims: [3], data }, /w is said to hold int8, but holds Float32Array/);
  refuses({ name: 'w', type: 'int8', dims: [3], data: Uint8Array.of(1, 2, 3) }, /holds Uint8Array/);
  refuses({ name: 'w', type: 'int64', dims: [3], data: Int32Array.of(1, 2, 3) }, /holds Int32Array/);
});

const runtime = suite('ONNX writer, run');

runtime('a matrix and an offset', async () => {
  assert.equal(await run(graph(), [1, 1, 2, 0], [2, 2]), {
    type: 'float32',
    dims: [2, 2],
    data: [4.5, 5.5, 2.5, 3.5],
  });
});

const single = (op: string, attributes: OnnxGraph['nodes'][number]['attributes'], more: readonly string[] = []) =>
  graph({
    nodes: [{ op, inputs: ['x', ...more], outputs: ['y'], ...(attributes && { attributes }) }],
    initializers: [
      { name: 'bytes', type: 'int8', dims: [3, 1], data: Int8Array.of(-128, 0, 127) },
      { name: 'last', type: 'int64', dims: [1], data: BigInt64Array.of(-1n) },
      { name: 'tail', type: 'float32', dims: [1, 1], data: Float32Array.of(9) },
    ],
    outputs: [{ name: 'y', type: 'float32', shape: ['rows', 'columns'] }],
  });

runtime('attributes: a whole number, also below zero, a list of them, a float', async () => {
  assert.equal((await run(single('Concat', { axis: -1 }, ['tail']), [1, 2], [1, 2])).data, [1, 2, 9]);
  assert.equal((await run(single('Transpose', { perm: [1, 0] }), [1, 2, 3, 4], [2, 2])).data, [1, 3, 2, 4]);
  const { data } = await run(single('LeakyRelu', { alpha: { float: 0.25 } }), [-4, 4], [1, 2]);
  assert.equal(data, [-1, 4]);
  const sums = await run(single('ReduceSum', { keepdims: 1 }, ['last']), [1, 2, 3, 4], [2, 2]);
  assert.equal(
    [sums.dims, sums.data],
    [
      [2, 1],
      [3, 7],
    ],
  );
});

runtime('bytes as numbers, looked up', async () => {
  const lookUp = graph({
    inputs: [{ name: 'x', type: 'float32', shape: ['n'] }],
    outputs: [{ name: 'y', type: 'float32', shape: ['n', 1] }],
    initializers: single('Add', {}).initializers,
    nodes: [
      { op: 'Cast', inputs: ['x'], outputs: ['ids'], attributes: { to: 7 } },
      { op: 'Gather', inputs: ['bytes', 'ids'], outputs: ['found'], attributes: { axis: 0 } },
      { op: 'Cast', inputs: ['found'], outputs: ['y'], attributes: { to: 1 } },
    ],
  });
  assert.equal((await run(lookUp, [2, 0, 1, 2], [4])).data, [127, -128, 0, 127]);
});

writer.run();
runtime.run();
