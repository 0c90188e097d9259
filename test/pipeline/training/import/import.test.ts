// Before the library: it must not send usage data.
import '../../../../registry-repo/runtime/no-telemetry.ts';

import { InferenceSession, Tensor } from 'onnxruntime-node';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeModel } from '../../../../pipeline/onnx/graph.ts';
import { ImportError } from '../../../../pipeline/training/import/errors.ts';
import { labelsOf } from '../../../../pipeline/training/import/files.ts';
import { importedModel } from '../../../../pipeline/training/import/trainer.ts';
import { ProcessorLacksVnniError } from '../../../../registry-repo/errors.ts';
import { needsOf } from '../../../../registry-repo/runtime/byte-sums.ts';
import type { HfTokenizer } from '../../../../registry-repo/runtime/hf-tokenizer.ts';
import { loadRuntime } from '../../../../registry-repo/runtime/load.ts';
import { PRETENDED } from '../../../../registry-repo/runtime/processor.ts';
import { thisProcessor } from '../../../../registry-repo/runtime/this-processor.ts';
import { golden, goldenBytes, softmax, type Tiny } from '../../../support/golden.ts';
import { attribute, bytes, FLOAT, INT64, int, model, node, tensor, value } from '../../../support/onnx.ts';

const LABELS: Readonly<Record<Tiny, string[]>> = { 'tiny-bert': ['a', 'b', 'c'], 'tiny-distilbert': ['neg', 'pos'] };
/** The reference values were made with this length. */
const SETTINGS = { maxLength: 24, padId: 0, values: 'logits' } as const;

const imported = (model: Tiny, file: string, over: Partial<typeof SETTINGS> = {}) =>
  importedModel(
    { onnx: goldenBytes(model, `${file}.onnx`), tokenizer: goldenBytes(model, 'tokenizer.json') },
    LABELS[model],
    {
      ...SETTINGS,
      ...over,
    },
  );

/** Probabilities of the golden texts, all in one run, padded to the longest of them. */
async function answers(model: Tiny, file: string, texts: readonly string[], bucket = 1): Promise<number[][]> {
  const { files, contract, preprocessor } = imported(model, file);
  const manifest = { labels: LABELS[model], contract, preprocessor: { ...(preprocessor as HfTokenizer), bucket } };
  const runtime = await loadRuntime({
    manifest,
    file: (path) => files.find((f) => f.path === path)?.bytes as Uint8Array,
  });
  const flat = await runtime.classify(texts);
  await runtime.release();
  const k = LABELS[model].length;
  return texts.map((_, i) => [...flat.subarray(i * k, (i + 1) * k)]);
}

const importing = suite('importing a model');

function near(found: readonly (readonly number[])[], expected: readonly (readonly number[])[]): void {
  assert.is(found.length, expected.length);
  for (const [i, row] of expected.entries())
    for (const [k, p] of row.entries())
      assert.ok(Math.abs((found[i]?.[k] ?? 2) - p) < 1e-5, `text ${i}: ${found[i]}, not ${row}`);
}

/** What ONNX Runtime answers to rows of golden inputs, in one run as wide as the longest. */
async function plainly(session: InferenceSession, model: Tiny, rows: readonly number[]): Promise<number[][]> {
  const { inputs } = golden(model);
  const width = Math.max(...rows.map((row) => inputs.attention_mask[row]?.filter((m) => m === 1).length ?? 0));
  const numbers = (name: string) =>
    rows.flatMap((row) => inputs[name as 'input_ids']?.[row]?.slice(0, width) ?? new Array<number>(width).fill(0));
  const feeds = session.inputNames.map((name): [string, Tensor] => [
    name,
    new Tensor('int64', BigInt64Array.from(numbers(name), BigInt), [rows.length, width]),
  ]);
  const logits = (await session.run(Object.fromEntries(feeds))).logits?.data as Float32Array;
  const k = LABELS[model].length;
  return rows.map((_, i) => softmax([...logits.subarray(i * k, (i + 1) * k)]));
}

for (const model of ['tiny-bert', 'tiny-distilbert'] as const) {
  importing(`${model}, model.onnx: answers as ONNX Runtime did in Python`, async () => {
    const { texts, onnxruntime_logits } = golden(model);
    near(await answers(model, 'model', texts), onnxruntime_logits.model.map(softmax));
  });

  importing(`${model}, model_quantized.onnx: answers as ONNX Runtime does to each text alone`, async () => {
    const { texts, onnxruntime_logits } = golden(model);
    const rewrite = { extra: { session: { x64quantprecision: '1' } } };
    const options = thisProcessor().byteSums === 'exact' ? {} : rewrite;
    const session = await InferenceSession.create(goldenBytes(model, 'model_quantized.onnx'), {
      logSeverityLevel: 4,
      ...options,
    });
    const rows = texts.map((_, row) => row);
    near(await plainly(session, model, rows), onnxruntime_logits.model_quantized.map(softmax)); // in Python, in one batch
    const alone: number[][] = [];
    for (const row of rows) alone.push(...(await plainly(session, model, [row])));
    await session.release();
    near(await answers(model, 'model_quantized', texts), alone);
  });
}

importing('padding moves no answer of a graph that heeds its mask', async () => {
  const { texts } = golden('tiny-bert');
  const together = await answers('tiny-bert', 'model', texts, 64);
  for (const [i, text] of texts.entries()) {
    const [alone] = await answers('tiny-bert', 'model', [text], 1);
    for (const [k, p] of (alone ?? []).entries()) assert.ok(Math.abs((together[i]?.[k] ?? 2) - p) < 1e-5);
  }
});

importing('the graph says its inputs: types only where it takes them', () => {
  const bert = imported('tiny-bert', 'model').preprocessor as HfTokenizer;
  const distil = imported('tiny-distilbert', 'model').preprocessor as HfTokenizer;
  assert.equal(bert.inputs, { ids: 'input_ids', mask: 'attention_mask', types: 'token_type_ids' });
  assert.equal(distil.inputs, { ids: 'input_ids', mask: 'attention_mask', types: null });
});

/** A graph of one node, with inputs and outputs as told. */
const graph = (
  inputs: readonly { name: string; type: 'int64' | 'float32'; shape: readonly (number | string)[] }[],
  outputs: readonly { name: string; type: 'float32'; shape: readonly (number | string)[] }[],
  op = 'Cast',
) =>
  encodeModel({
    name: 'made',
    opset: 17,
    inputs,
    outputs,
    initializers: [],
    nodes: [{ op, inputs: [inputs[0]?.name ?? ''], outputs: [outputs[0]?.name ?? ''], attributes: { to: 1 } }],
  });

const ids = { name: 'input_ids', type: 'int64', shape: ['batch', 'length'] } as const;
const logits = { name: 'logits', type: 'float32', shape: ['batch', 2] } as const;

importing('everything that is in the way is said at once, before anything is loaded', () => {
  const tokenizer = goldenBytes('tiny-distilbert', 'tokenizer.json');
  const refused = (onnx: Uint8Array, labels = ['neg', 'pos']): string => {
    try {
      importedModel({ onnx, tokenizer }, labels, SETTINGS);
    } catch (error) {
      if (error instanceof ImportError) return error.message;
      throw error;
    }
    return 'nothing';
  };
  assert.is(refused(graph([ids], [logits])), 'nothing');
  assert.match(refused(Buffer.from('rubbish')), 'not an ONNX model');
  assert.match(refused(new Uint8Array(0)), 'no input input_ids');
  const strange = refused(graph([{ ...ids, name: 'pixels', shape: [1, 3] }], [{ ...logits, shape: ['batch', 7] }]));
  for (const part of ['no input input_ids', '"pixels"', 'fixed shape', '7 columns for 2 labels'])
    assert.match(strange, part);
  assert.match(refused(graph([ids], [logits, { ...logits, name: 'hidden' }])), '2 outputs');
  assert.match(refused(graph([ids], [logits], 'Loop')), '[operator]');
  assert.match(refused(graph([{ ...ids, type: 'float32' }], [logits])), 'not int64 or int32');
});

importing('a tokenizer of another kind is refused by name', () => {
  const onnx = goldenBytes('tiny-distilbert', 'model.onnx');
  const file = JSON.parse(goldenBytes('tiny-distilbert', 'tokenizer.json').toString('utf8'));
  const refused = (over: object): string => {
    try {
      importedModel({ onnx, tokenizer: Buffer.from(JSON.stringify({ ...file, ...over })) }, ['neg', 'pos'], SETTINGS);
    } catch (error) {
      if (error instanceof ImportError) return error.message;
      throw error;
    }
    return 'nothing';
  };
  assert.is(refused({}), 'nothing');
  assert.match(
    refused({ pre_tokenizer: { type: 'Split', pattern: { Regex: '(a+)+$' }, behavior: 'Isolated' } }),
    'BertPreTokenizer is',
  );
  assert.match(
    refused({ normalizer: { type: 'Replace', pattern: { Regex: '(a+)+$' }, content: '' } }),
    'BertNormalizer is',
  );
  assert.match(refused({ model: { type: 'BPE', vocab: {}, merges: [] } }), 'WordPiece is');
  assert.match(refused({ model: { ...file.model, unk_token: 'nowhere' } }), 'not in the vocabulary');
  assert.match(refused({ added_tokens: [{ id: -1, content: 'x y' }] }), 'added_tokens');
});

importing('a tokenizer with ids, or a length with positions, that the graph does not have', () => {
  const onnx = goldenBytes('tiny-distilbert', 'model.onnx');
  const tokenizer = goldenBytes('tiny-distilbert', 'tokenizer.json');
  const file = JSON.parse(tokenizer.toString('utf8'));
  const refused = (given: Uint8Array, maxLength: number, message: RegExp) =>
    assert.throws(
      () => importedModel({ onnx, tokenizer: given }, ['neg', 'pos'], { ...SETTINGS, maxLength }),
      (e: unknown) => e instanceof ImportError && message.test(e.message),
    );
  refused(tokenizer, 65, /positions for 64 tokens, not for 65/);
  const more = { ...file, model: { ...file.model, vocab: { ...file.model.vocab, film2: 160 } } };
  refused(Buffer.from(JSON.stringify(more)), 24, /the id 160, the graph has vectors for 160 ids/);
  for (const name of ['model', 'model_quantized']) assert.ok(imported('tiny-bert', name));
});

const processor = (name: string) => thisProcessor({ [PRETENDED]: name });

importing(
  'a quantized graph that overflows here is refused with the reason and the remedy; elsewhere it is taken',
  () => {
    const given = { onnx: overflowing(), tokenizer: goldenBytes('tiny-distilbert', 'tokenizer.json') };
    assert.throws(
      () => importedModel(given, ['neg', 'pos'], SETTINGS, processor('avx2')),
      (e: unknown) =>
        e instanceof ProcessorLacksVnniError && /overflow.*without VNNI|without VNNI.*overflow/.test(e.message),
    );
    for (const name of ['vnni', 'unknown']) assert.ok(importedModel(given, ['neg', 'pos'], SETTINGS, processor(name)));
    assert.equal(needsOf(given.onnx), { vnni: 'needed' });
    const theirs = { onnx: goldenBytes('tiny-distilbert', 'model_quantized.onnx'), tokenizer: given.tokenizer };
    assert.ok(
      importedModel(theirs, ['neg', 'pos'], SETTINGS, processor('avx2')),
      'constant weights are rewritten when loaded',
    );
    assert.equal(needsOf(theirs.onnx), { vnni: 'faster' });
  },
);

/** ids as unsigned bytes times ids as signed ones: of a classifier's shape, and of no use. */
const overflowing = () =>
  encodeModel({
    name: 'made',
    opset: 17,
    inputs: [ids],
    outputs: [logits],
    initializers: [
      { name: 'one', type: 'float32', dims: [], data: Float32Array.of(1) },
      { name: 'none', type: 'int8', dims: [], data: Int8Array.of(0) },
    ],
    nodes: [
      { op: 'Cast', inputs: ['input_ids'], outputs: ['x'], attributes: { to: 1 } },
      { op: 'DynamicQuantizeLinear', inputs: ['x'], outputs: ['left', 'scale', 'zero'] },
      { op: 'QuantizeLinear', inputs: ['x', 'one', 'none'], outputs: ['signed'] },
      { op: 'Transpose', inputs: ['signed'], outputs: ['right'], attributes: { perm: [1, 0] } },
      { op: 'MatMulInteger', inputs: ['left', 'right'], outputs: ['whole'] },
      { op: 'Cast', inputs: ['whole'], outputs: ['logits'], attributes: { to: 1 } },
    ],
  });

importing('labels come from the command or the config, in the order of the outputs', () => {
  assert.equal(labelsOf('neg, pos', null), ['neg', 'pos']);
  assert.equal(labelsOf(undefined, { id2label: { 1: 'pos', 0: 'neg' } }), ['neg', 'pos']);
  for (const [given, config] of [
    [undefined, null],
    ['neg', null],
    ['a,a', null],
    [undefined, { id2label: { 0: 'a', 2: 'b' } }],
  ] as const)
    assert.throws(
      () => labelsOf(given, config),
      (e: unknown) => e instanceof ImportError,
    );
});

importing('tokens that are matched in ways the runtime does not know are refused by name', () => {
  const file = JSON.parse(goldenBytes('tiny-bert', 'tokenizer.json').toString('utf8'));
  const given = (over: object) => ({
    onnx: goldenBytes('tiny-bert', 'model.onnx'),
    tokenizer: Buffer.from(
      JSON.stringify({
        ...file,
        added_tokens: [...file.added_tokens, { id: 5, content: 'ent', special: false, ...over }],
      }),
    ),
  });
  const plain = { single_word: false, lstrip: false, rstrip: false, normalized: false };
  assert.is(importedModel(given(plain), LABELS['tiny-bert'], SETTINGS).files.length, 2);
  for (const flag of Object.keys(plain))
    assert.throws(
      () => importedModel(given({ ...plain, [flag]: true }), LABELS['tiny-bert'], SETTINGS),
      (error: unknown) => error instanceof ImportError && error.message.includes(`"ent" is to be matched ${flag} (`),
      flag,
    );
});

importing('a model whose weights are in another file says so, and how to bring them together', () => {
  const data = Buffer.concat([bytes(13, bytes(1, 'location'), bytes(2, 'model.onnx.data')), int(14, 1)]);
  const onnx = model({
    nodes: [node('Cast', ['input_ids'], ['logits'], { attributes: [attribute.int('to', FLOAT)] })],
    initializers: Array.from({ length: 60 }, (_, i) => tensor(`w${i}`, [2], FLOAT, null, data)),
    inputs: [value('input_ids', INT64, ['batch', 'length'])],
    outputs: [value('logits', FLOAT, ['batch', 3])],
  });
  assert.throws(
    () => importedModel({ onnx, tokenizer: goldenBytes('tiny-bert', 'tokenizer.json') }, ['a', 'b', 'c'], SETTINGS),
    (error: unknown) =>
      error instanceof ImportError &&
      /in another file.*\[external-data\].*save_as_external_data=False/.test(error.message),
  );
});

importing.run();
