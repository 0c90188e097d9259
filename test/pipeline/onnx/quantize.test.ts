// Before the library: it must not send usage data.
import '../../../registry-repo/runtime/no-telemetry.ts';

import { InferenceSession, Tensor } from 'onnxruntime-node';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { NothingToQuantizeError } from '../../../pipeline/onnx/errors.ts';
import { splitFields } from '../../../pipeline/onnx/fields.ts';
import { encodeModel, type OperatorNode } from '../../../pipeline/onnx/graph.ts';
import { quantize } from '../../../pipeline/onnx/quantize.ts';
import { summarise } from '../../../pipeline/onnx/summary.ts';
import { ModelShape } from '../../../registry-repo/onnx-scan/messages.ts';
import { scanOnnx } from '../../../registry-repo/onnx-scan/scan.ts';
import { Input, readMessage, WireError } from '../../../registry-repo/onnx-scan/wire.ts';
import { Random } from '../../../registry-repo/random.ts';
import { thisProcessor } from '../../../registry-repo/runtime/this-processor.ts';
import { goldenBytes, type Tiny } from '../../support/golden.ts';

const [IN, OUT] = [40, 48];
const random = Random.named('quantise');
const some = (length: number) => Float32Array.from({ length }, () => random.bits() / 2 ** 31 - 1);
const weights = some(IN * OUT);
const turned = Float32Array.from(weights, (_, k) => weights[(k % IN) * OUT + Math.floor(k / IN)] as number);
const bias = some(OUT);
const x = some(6 * IN);

const model = (nodes: readonly OperatorNode[], opset = 17) =>
  encodeModel({
    name: 'dense',
    opset,
    inputs: [{ name: 'x', type: 'float32', shape: ['batch', IN] }],
    outputs: [{ name: 'y', type: 'float32', shape: ['batch', OUT] }],
    initializers: [
      { name: 'w', type: 'float32', dims: [IN, OUT], data: weights },
      { name: 'turned', type: 'float32', dims: [OUT, IN], data: turned },
      { name: 'b', type: 'float32', dims: [OUT], data: bias },
    ],
    nodes,
  });
const product = model([
  { op: 'MatMul', inputs: ['x', 'w'], outputs: ['s'] },
  { op: 'Add', inputs: ['s', 'b'], outputs: ['t'] },
  { op: 'Relu', inputs: ['t'], outputs: ['y'] },
]);
const gemm = model([
  { op: 'Gemm', inputs: ['x', 'turned', 'b'], outputs: ['t'], attributes: { transB: 1 } },
  { op: 'Relu', inputs: ['t'], outputs: ['y'] },
]);

/** As `openSession` does it where sums of signed bytes would overflow. */
const REWRITTEN = { extra: { session: { x64quantprecision: '1' } } };

/** As any runtime does it, unless told otherwise. */
async function run(bytes: Uint8Array, rewritten = false): Promise<Float32Array> {
  const session = await InferenceSession.create(bytes, { logSeverityLevel: 4, ...(rewritten && REWRITTEN) });
  try {
    const { y } = await session.run({ x: new Tensor('float32', x, [6, IN]) });
    return y?.data as Float32Array;
  } finally {
    await session.release();
  }
}

const distance = (a: Float32Array, b: Float32Array) =>
  Math.sqrt(a.reduce((sum, v, i) => sum + (v - (b[i] as number)) ** 2, 0) / b.reduce((sum, v) => sum + v * v, 0));

const s = suite('quantize');

for (const [name, bytes] of [
  ['MatMul', product],
  ['Gemm with turned weights', gemm],
] as const)
  for (const weights of ['unsigned', 'seven-bits', 'signed'] as const)
    s(`${name}, ${weights}: nearly the same answers, from bytes`, async () => {
      const small = quantize(bytes, { embeddings: true, weights });
      assert.is(small.products, 1);
      const rewritten = weights === 'signed' && thisProcessor().byteSums !== 'exact';
      const far = distance(await run(small.bytes, rewritten), await run(bytes));
      assert.ok(far < 0.02 && far > 0, `${far}`);
      const { parametersByType, operators } = summarise(small.bytes);
      const { uint8, int8 } = parametersByType;
      const wanted = weights === 'unsigned' ? [IN * OUT + 1, undefined] : [1, IN * OUT];
      assert.equal([uint8, int8], wanted, 'and the zero point of what they are multiplied with');
      assert.ok(
        operators.some((o) => o.name === 'MatMulInteger') && !operators.some((o) => /^(MatMul|Gemm)$/.test(o.name)),
      );
    });

s('the same model gives the same bytes, and what is not quantized stays as it is', () => {
  const [a, b] = [0, 1].map(() => quantize(product, { embeddings: true, weights: 'unsigned' }).bytes);
  assert.equal(a, b);
  const graph = readMessage(ModelShape, new Input(a as Uint8Array)).graph;
  assert.equal(
    graph?.initializers.filter((t) => t.name === 'b').map((t) => t.rawData?.length),
    [4 * OUT],
  );
  assert.ok(
    graph?.initializers.every((t) => t.name !== 'w'),
    'weights that nobody needs any more are gone',
  );
});

s('activations that several products share are rounded once', () => {
  const both = model([
    { op: 'MatMul', inputs: ['x', 'w'], outputs: ['s'] },
    { op: 'Gemm', inputs: ['x', 'turned', 'b'], outputs: ['t'], attributes: { transB: 1 } },
    { op: 'Add', inputs: ['s', 't'], outputs: ['u'] },
    { op: 'Relu', inputs: ['u'], outputs: ['y'] },
  ]);
  const { operators } = summarise(quantize(both, { embeddings: true, weights: 'unsigned' }).bytes);
  assert.is(operators.find((o) => o.name === 'QuantizeLinear')?.count, 1);
});

s('what the output comes from stays in floats: one large feature would drown the others in bytes', async () => {
  const [large, heads] = [1000, some(OUT * OUT)];
  const offset = Float32Array.from({ length: OUT }, (_, i) => (i === 0 ? large : 0));
  const back = Float32Array.from({ length: OUT }, (_, i) => -large * (heads[i] as number));
  const floats = (name: string, dims: readonly number[], data: Float32Array) =>
    ({ name, type: 'float32', dims, data }) as const;
  const headed = encodeModel({
    name: 'headed',
    opset: 17,
    inputs: [{ name: 'x', type: 'float32', shape: ['batch', IN] }],
    outputs: [{ name: 'y', type: 'float32', shape: ['batch', OUT] }],
    initializers: [
      ...[floats('w', [IN, OUT], weights), floats('offset', [OUT], offset)],
      ...[floats('heads', [OUT, OUT], heads), floats('back', [OUT], back)],
    ],
    nodes: [
      { op: 'MatMul', inputs: ['x', 'w'], outputs: ['s'] },
      { op: 'Tanh', inputs: ['s'], outputs: ['t'] },
      { op: 'Add', inputs: ['t', 'offset'], outputs: ['features'] },
      { op: 'MatMul', inputs: ['features', 'heads'], outputs: ['product'] },
      { op: 'Add', inputs: ['product', 'back'], outputs: ['y'] },
    ],
  });
  const small = quantize(headed, { embeddings: true, weights: 'unsigned' });
  assert.is(small.products, 1);
  const far = distance(await run(small.bytes), await run(headed));
  assert.ok(far < 0.05, `${far}`);
});

s('what cannot be made smaller says why', () => {
  const refused = (bytes: Uint8Array, pattern: RegExp) =>
    assert.throws(
      () => quantize(bytes, { embeddings: true, weights: 'unsigned' }),
      (e: unknown) => e instanceof NothingToQuantizeError && pattern.test(e.message),
    );
  refused(model([{ op: 'Add', inputs: ['x', 'x'], outputs: ['y'] }]), /no matrix product/);
  refused(model([{ op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] }]), /before its last/);
  refused(model([{ op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] }], 10), /operator set 10/);
  refused(new Uint8Array(0), /no graph/);
  assert.throws(
    () => quantize(Buffer.from('not a model'), { embeddings: true, weights: 'unsigned' }),
    (e: unknown) => e instanceof WireError,
  );
});

s('fields joined again are the same bytes', () => {
  for (const name of ['tiny-bert', 'tiny-distilbert'] as const) {
    const bytes = goldenBytes(name, 'model.onnx');
    assert.ok(Buffer.concat(splitFields(bytes).map(({ raw }) => raw)).equals(bytes));
  }
});

async function logits(tiny: Tiny, bytes: Uint8Array): Promise<Float32Array> {
  const { outputs } = summarise(bytes);
  const session = await InferenceSession.create(bytes, { logSeverityLevel: 4 });
  const golden = JSON.parse(goldenBytes(tiny, 'golden.json').toString('utf8'));
  const ids: number[][] = golden.inputs.input_ids;
  const mask: number[][] = golden.inputs.attention_mask;
  const dims = [ids.length, ids[0]?.length ?? 0];
  const tensor = (rows: number[][]) => new Tensor('int64', BigInt64Array.from(rows.flat(), BigInt), dims);
  try {
    const feeds: Record<string, Tensor> = { input_ids: tensor(ids), attention_mask: tensor(mask) };
    if (session.inputNames.includes('token_type_ids'))
      feeds.token_type_ids = tensor(ids.map((row) => row.map(() => 0)));
    return (await session.run(feeds))[outputs[0]?.name ?? '']?.data as Float32Array;
  } finally {
    await session.release();
  }
}

for (const tiny of ['tiny-bert', 'tiny-distilbert'] as const)
  for (const embeddings of [true, false])
    s(
      `${tiny} as PyTorch exports it, ${embeddings ? 'with' : 'without'} embeddings: close to the original, and the gate lets it in`,
      async () => {
        const original = goldenBytes(tiny, 'model.onnx');
        const small = quantize(original, { embeddings, weights: 'unsigned' });
        assert.ok(small.products > 0 && small.tables > 0 === embeddings);
        assert.ok(small.bytes.length < original.length);
        const far = distance(await logits(tiny, small.bytes), await logits(tiny, original));
        assert.ok(far < 0.1, `${far}`);
        const { inputs, outputs } = summarise(small.bytes);
        const contract = {
          inputs: inputs.map(({ name }) => ({ name, type: 'int64' as const, shape: ['batch', 'length'] })),
          output: {
            name: outputs[0]?.name ?? '',
            type: 'float32' as const,
            shape: ['batch', outputs[0]?.shape[1] ?? 0],
          },
        };
        assert.equal(scanOnnx(small.bytes, contract), []);
      },
    );

s('a summary tells what is in a graph', () => {
  const summary = summarise(product);
  assert.equal(summary.inputs, [{ name: 'x', type: 'float32', shape: [null, IN] }]);
  assert.equal(summary.outputs, [{ name: 'y', type: 'float32', shape: [null, OUT] }]);
  assert.equal(summary.operators, [
    { name: 'Add', count: 1 },
    { name: 'MatMul', count: 1 },
    { name: 'Relu', count: 1 },
  ]);
  assert.is(summary.parameters, 2 * IN * OUT + OUT);
  assert.equal(summary.opsets, { 'ai.onnx': 17 });
  assert.is(summary.sizeBytes, product.length);
});

s.run();
