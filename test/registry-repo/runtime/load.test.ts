import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { contractOf, embeddingBag, type QuantizedTables } from '../../../pipeline/onnx/embedding-bag.ts';
import { encodeModel, type OnnxGraph } from '../../../pipeline/onnx/graph.ts';
import { ModelRefusedError } from '../../../registry-repo/errors.ts';
import type { Manifest } from '../../../registry-repo/manifest.ts';
import { FeatureIds } from '../../../registry-repo/runtime/feature-ids.ts';
import type { HashedNgrams } from '../../../registry-repo/runtime/hashed-ngrams.ts';
import { loadRuntime } from '../../../registry-repo/runtime/load.ts';
import { runtimeVersion } from '../../../registry-repo/runtime/session.ts';
import { LABELS, rowsFor } from '../../support/models.ts';
import { rejects } from '../../support/rejects.ts';
import { sourceOf, type Trained, trained } from '../../support/trained.ts';

const BITS = 8;
const preprocessor: HashedNgrams = {
  kind: 'hashed-ngrams',
  tokens: 'words-1',
  bits: BITS,
  zones: [{ from: 0, to: 1, order: 1 }],
};
type Parts = {
  readonly labels?: string[];
  readonly contract?: Manifest['contract'];
  readonly graph?: Partial<OnnxGraph>;
};

/** A graph that gives every text the same row of numbers, once for each text. */
function constant(
  row: readonly number[],
  { labels = LABELS, contract = contractOf(labels.length), graph }: Parts = {},
) {
  const bytes = encodeModel({
    name: 'constant',
    opset: 17,
    inputs: contract.inputs,
    outputs: [contract.output],
    initializers: [
      { name: 'row', type: 'float32', dims: [1, row.length], data: Float32Array.from(row) },
      { name: 'one', type: 'int64', dims: [1], data: BigInt64Array.of(1n) },
      { name: 'zero', type: 'float32', dims: [1], data: Float32Array.of(0) },
    ],
    nodes: [
      { op: 'Cast', inputs: ['ids'], outputs: ['floats'], attributes: { to: 1 } },
      { op: 'ReduceSum', inputs: ['floats', 'one'], outputs: ['sums'], attributes: { keepdims: 1 } },
      { op: 'Mul', inputs: ['sums', 'zero'], outputs: ['nothing'] },
      { op: 'Add', inputs: ['nothing', 'row'], outputs: ['probabilities'] },
    ],
    ...graph,
  });
  return sourceOf(bytes, { labels, preprocessor, contract });
}

/** Loads, does, and releases. */
async function answers(source: Trained, texts: readonly string[]): Promise<Float32Array> {
  const runtime = await loadRuntime(source);
  try {
    return await runtime.classify(texts);
  } finally {
    await runtime.release();
  }
}
const near = (found: ArrayLike<number>, expected: readonly number[], within = 1e-6) => {
  assert.is(found.length, expected.length);
  for (const [i, value] of expected.entries())
    assert.ok(Math.abs((found[i] as number) - value) <= within, `${i}: ${found[i]}, not ${value}`);
};

const loading = suite<{ model: Trained }>('loading');
loading.before(async (context) => {
  context.model = await trained();
});

loading('a model that was trained, which answers as it learned', async ({ model }) => {
  const rows = rowsFor('never seen');
  const runtime = await loadRuntime(model);
  assert.equal(runtime.labels, LABELS);
  const found = await runtime.classify(rows.map((row) => row.text));
  await runtime.release();
  assert.is(found.length, 2 * rows.length);
  for (const [i, { label }] of rows.entries()) {
    const [neg, pos] = found.subarray(2 * i, 2 * i + 2) as unknown as [number, number];
    assert.is(neg > pos ? 'neg' : 'pos', label, rows[i]?.text);
    assert.ok(Math.abs(neg + pos - 1) < 1e-6);
  }
});

loading('answers a thousand texts of all lengths as it answers each alone', async ({ model }) => {
  const words = ['good1', 'bad2', 'the', 'film', '好', '😀', '!', 'good9', 'bad0'];
  const texts = Array.from({ length: 1000 }, (_, i) =>
    Array.from({ length: i % 7 === 0 ? i : i % 13 }, (_, j) => words[(i * j + i) % words.length]).join(' '),
  );
  assert.ok(texts.includes(''), 'an empty one, too');
  const runtime = await loadRuntime(model);
  const together = await runtime.classify(texts);
  for (const [i, text] of texts.entries())
    near(await runtime.classify([text]), [...together.subarray(2 * i, 2 * i + 2)]);
  await runtime.release();
});

loading('answers several questions at once, each its own', async ({ model }) => {
  const runtime = await loadRuntime(model);
  const questions = [['a good1 film'], ['', 'a bad1 film', 'x'], [], ['the good2 the bad2']];
  const together = await Promise.all(questions.map((texts) => runtime.classify(texts)));
  for (const [i, texts] of questions.entries()) assert.equal(together[i], await runtime.classify(texts));
  assert.is(together[2]?.length, 0);
  await runtime.release();
});

loading('computes the embedding bag as it is defined, and padding moves nothing', async () => {
  const tables = tablesOf(1);
  const runtime = await loadRuntime(
    sourceOf(embeddingBag(tables, 2), { labels: LABELS, preprocessor, contract: contractOf(2) }),
  );
  const texts = ['good', 'a longer text with several words in it', '', 'good film'];
  const found = await runtime.classify(texts);
  await runtime.release();
  const ids = new FeatureIds(preprocessor);
  const expected = texts.flatMap((text) => {
    const pos = odds(tables, ids.of(text), 0);
    return [1 - pos, pos];
  });
  near(found, expected);
});

loading('scales several labels to a distribution', async () => {
  const tables = tablesOf(3);
  const labels = ['a', 'b', 'c'];
  const source = sourceOf(embeddingBag(tables, 3), { labels, preprocessor, contract: contractOf(3) });
  const ids = new FeatureIds(preprocessor);
  const raw = [0, 1, 2].map((k) => odds(tables, ids.of('a good film'), k));
  const total = raw.reduce((a, b) => a + b, 0);
  near(
    await answers(source, ['a good film']),
    raw.map((value) => value / total),
  );
});

loading('gives a graph that wants other numbers the same ids', async () => {
  for (const type of ['int64', 'float32'] as const) {
    const contract = { ...contractOf(2), inputs: [{ name: 'ids', type, shape: ['batch', 'length'] }] };
    near(await answers(constant([0.25, 0.75], { contract }), ['a', '']), [0.25, 0.75, 0.25, 0.75]);
  }
});

loading('says which native runtime computes', () => assert.match(runtimeVersion(), /^\d+\.\d+\.\d+/));

const refusals = suite('what is refused');
const message = async (source: Trained, texts = ['a good film']): Promise<string> =>
  (await rejects(answers(source, texts), ModelRefusedError)).message;

refusals('numbers that are no probabilities', async () => {
  assert.match(await message(constant([Number.NaN, 0.5])), 'the model gave NaN');
  assert.match(await message(constant([Infinity, 0])), 'the model gave Infinity');
  assert.match(await message(constant([-0.5, 1.5])), 'the model gave -0.5');
  assert.match(await message(constant([0, 1.25])), 'the model gave 1.25');
  assert.match(await message(constant([0.5, 0.6])), 'sum to 1.1');
  assert.match(await message(constant([0, 0])), 'sum to 0');
});

refusals('not what floats do to a sum', async () => {
  near(await answers(constant([0.5003, 0.5]), ['a']), [0.5003, 0.5]);
});

refusals('an output of another shape or type than the contract’s', async () => {
  const [cast, sum, mul] = [
    { op: 'Cast', inputs: ['ids'], outputs: ['floats'], attributes: { to: 1 } },
    { op: 'ReduceSum', inputs: ['floats', 'one'], outputs: ['sums'], attributes: { keepdims: 1 } },
    { op: 'Mul', inputs: ['sums', 'zero'], outputs: ['nothing'] },
  ];
  const free = { name: 'probabilities', type: 'float32' as const, shape: ['rows', 'columns'] };
  assert.match(await message(constant([0.2, 0.3, 0.5], { graph: { outputs: [free] } })), 'shape [1, 3]');
  const nodes = [cast, sum, mul, { op: 'Add', inputs: ['nothing', 'row'], outputs: ['p'] }] as OnnxGraph['nodes'];
  const one = { op: 'ReduceSum', inputs: ['p'], outputs: ['probabilities'], attributes: { keepdims: 1 } };
  const collapsed = constant([0.5, 0.5], { graph: { outputs: [free], nodes: [...nodes, one] } });
  assert.match(await message(collapsed, ['a', 'b']), 'shape [1, 1], not float32 of shape [1, 2]');
  const whole = { op: 'Cast', inputs: ['p'], outputs: ['probabilities'], attributes: { to: 7 } };
  const ints = constant([0, 1], { graph: { outputs: [{ ...free, type: 'int64' }], nodes: [...nodes, whole] } });
  assert.match(await message(ints), 'the graph gave int64');
});

refusals('a graph that does not have the contract’s output or input', async () => {
  const contract = { ...contractOf(2), output: { ...contractOf(2).output, name: 'p' } };
  const { bytes } = constant([0.5, 0.5]);
  await rejects(answers(sourceOf(bytes, { labels: LABELS, preprocessor, contract }), ['a']), ModelRefusedError);
  const inputs = [{ name: 'tokens', type: 'int32' as const, shape: ['batch', 'length'] }];
  const renamed = { ...contractOf(2), inputs };
  await rejects(
    answers(sourceOf(bytes, { labels: LABELS, preprocessor, contract: renamed }), ['a']),
    ModelRefusedError,
  );
  const [input] = contractOf(2).inputs as [Manifest['contract']['inputs'][number]];
  const typed = { ...contractOf(2), inputs: [{ ...input, type: 'int64' as const }] };
  await rejects(answers(sourceOf(bytes, { labels: LABELS, preprocessor, contract: typed }), ['a']), ModelRefusedError);
});

refusals('inputs that the preprocessor cannot fill', async () => {
  const { bytes } = constant([0.5, 0.5]);
  const [input] = contractOf(2).inputs as [Manifest['contract']['inputs'][number]];
  for (const inputs of [[{ ...input, shape: ['batch'] }], [input, { ...input, name: 'mask' }]]) {
    const contract = { ...contractOf(2), inputs };
    assert.match(await message(sourceOf(bytes, { labels: LABELS, preprocessor, contract })), 'one input');
  }
});

refusals('a contract of more or fewer labels, before the graph is read', async () => {
  const read = () => assert.unreachable('read');
  for (const labels of [['a', 'b', 'c'], ['a']])
    assert.match(
      await message({
        ...constant([0.5, 0.5]),
        manifest: { labels, preprocessor, contract: contractOf(2) },
        file: read as never,
      }),
      `2 numbers a text for ${labels.length} labels`,
    );
});

refusals('ids beyond the table', async () => {
  const small = tablesOf(1, 2 ** BITS - 200);
  const source = sourceOf(embeddingBag(small, 2), { labels: LABELS, preprocessor, contract: contractOf(2) });
  const many = Array.from({ length: 500 }, (_, i) => `w${i}`).join(' ');
  assert.match(await message(source, [many]), /ONNX Runtime refuses the model: .*out of data bounds/s);
});

refusals('bytes that are no graph', async () => {
  const { bytes, manifest } = constant([0.5, 0.5]);
  for (const wrong of [new Uint8Array(0), Buffer.from('no model'), bytes.subarray(0, bytes.length >> 1)])
    assert.match(await message(sourceOf(wrong, manifest)), 'ONNX Runtime refuses the model');
});

refusals('a missing file, in the words of whoever holds the files', async () => {
  const { manifest } = constant([0.5, 0.5]);
  const file = (path: string): Uint8Array => {
    throw new Error(`there is no ${path}`);
  };
  assert.is((await rejects(loadRuntime({ manifest, file }), Error)).message, 'there is no model.onnx');
});

refusals('one text’s failure is not the runtime’s end', async () => {
  const small = tablesOf(1, 2 ** BITS - 200);
  const runtime = await loadRuntime(
    sourceOf(embeddingBag(small, 2), { labels: LABELS, preprocessor, contract: contractOf(2) }),
  );
  const many = Array.from({ length: 500 }, (_, i) => `w${i}`).join(' ');
  await rejects(runtime.classify([many]), ModelRefusedError);
  const low = Array.from({ length: 500 }, (_, i) => `w${i}`).find(
    (w) => (new FeatureIds(preprocessor).of(w)[0] as number) < 50,
  );
  assert.is((await runtime.classify([low as string])).length, 2);
  await runtime.release();
});

refusals('questions after the release; a second release is none', async () => {
  const runtime = await loadRuntime(constant([0.5, 0.5]));
  await Promise.all([runtime.release(), runtime.release()]);
  await runtime.release();
  await rejects(runtime.classify(['a']), ModelRefusedError);
});

/** Small, uneven tables, whose padding is zero. */
function tablesOf(outputs: number, ids = 2 ** BITS + 1): QuantizedTables {
  const size = ids * outputs;
  const padding = (i: number) => i >= 2 ** BITS * outputs;
  const floats = (first: number) => Float32Array.from({ length: outputs }, (_, k) => first + k / 4);
  return {
    ids,
    outputs,
    weights: Int8Array.from({ length: size }, (_, i) => (padding(i) ? 0 : ((i * 37) % 255) - 127)),
    ratios: Uint8Array.from({ length: size }, (_, i) => (padding(i) ? 0 : (i * 91) % 256)),
    weightScale: floats(0.01),
    ratioScale: floats(0.02),
    slope: floats(0.5),
    offset: floats(-0.25),
  };
}

/** The definition: a weight and a ratio for each id, summed, divided, and put through the sigmoid. */
function odds(t: QuantizedTables, ids: Int32Array, k: number): number {
  let [weight, square] = [0, 0];
  for (const id of ids) {
    weight += (t.weights[id * t.outputs + k] as number) * (t.weightScale[k] as number);
    square += ((t.ratios[id * t.outputs + k] as number) * (t.ratioScale[k] as number)) ** 2;
  }
  const score = weight / Math.max(Math.sqrt(square), 1e-30);
  return 1 / (1 + Math.exp(-(score * (t.slope[k] as number) + (t.offset[k] as number))));
}

loading.run();
refusals.run();
