import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Parameter, parameterShapes } from '../../../../pipeline/onnx/architecture.ts';
import { readArchitecture, readConfigJson } from '../../../../pipeline/training/transformer/config-json.ts';
import { WeightsError } from '../../../../pipeline/training/transformer/errors.ts';
import { loadPretrained } from '../../../../pipeline/training/transformer/pretrained.ts';
import { readSafetensors } from '../../../../pipeline/training/transformer/safetensors.ts';
import { writeSafetensors } from '../../../../pipeline/training/transformer/safetensors-writer.ts';
import { tokenizerFromVocabulary } from '../../../../pipeline/training/transformer/vocabulary.ts';
import { digestOf } from '../../../../registry-repo/digest.ts';
import { goldenBytes, goldenFile, type Tiny } from '../../../support/golden.ts';
import { root, temporaryFolder } from '../../../support/paths.ts';
import { rejects } from '../../../support/rejects.ts';
import { trainingContext } from '../../../support/training-context.ts';

const context = trainingContext({ rows: [], labels: [] });

type Tensors = Map<string, Parameter>;

/** A tiny model's folder, changed. */
function folderOf(
  model: Tiny,
  change: { tensors?: (tensors: Tensors) => Tensors | undefined; config?: Record<string, unknown> } = {},
): string {
  const folder = temporaryFolder();
  for (const name of ['config.json', 'model.safetensors', 'tokenizer.json'])
    cpSync(goldenFile(model, name), join(folder, name));
  const config = JSON.parse(goldenBytes(model, 'config.json').toString('utf8')) as object;
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, ...change.config }));
  if (change.tensors) {
    const tensors = readSafetensors(goldenBytes(model, 'model.safetensors'));
    writeFileSync(join(folder, 'model.safetensors'), writeSafetensors(change.tensors(tensors) ?? tensors));
  }
  return folder;
}

const renamed = (tensors: Tensors, rename: (name: string) => string): Tensors =>
  new Map([...tensors].map(([name, tensor]) => [rename(name), tensor]));

const pretrained = suite('pretrained models');

for (const [model, labels] of [
  ['tiny-bert', 3],
  ['tiny-distilbert', 2],
] as const)
  pretrained(`${model}: every tensor becomes its parameter, kernels as [in, out]`, async () => {
    const { architecture, parameters, source, unused, ...rest } = await loadPretrained(folderOf(model), context);
    assert.equal([...parameters.keys()], [...parameterShapes(architecture, labels).keys()]);
    for (const [name, shape] of parameterShapes(architecture, labels))
      assert.equal(parameters.get(name)?.shape, shape, name);
    const raw = readSafetensors(goldenBytes(model, 'model.safetensors'));
    assert.is(
      [...parameters.values()].reduce((n, p) => n + p.data.length, 0),
      [...raw.values()].reduce((n, p) => n + p.data.length, 0),
    );
    const up =
      model === 'tiny-bert'
        ? 'bert.encoder.layer.1.intermediate.dense.weight'
        : 'distilbert.transformer.layer.1.ffn.lin1.weight';
    const [kernel, stored] = [parameters.get('layer/1/up/kernel') as Parameter, raw.get(up) as Parameter];
    const { width, inner } = architecture;
    for (let i = 0; i < width; i++)
      for (let j = 0; j < inner; j++) assert.is(kernel.data[i * inner + j], stored.data[j * width + i]);
    assert.is(rest.labels?.length ?? 2, labels);
    assert.is(rest.padId, 0);
    assert.equal(unused, []);
    assert.ok(goldenBytes(model, 'tokenizer.json').equals(rest.tokenizer));
    assert.is(source.revision, null);
    assert.equal(
      source.files.map(({ path }) => path),
      ['config.json', 'tokenizer.json', 'model.safetensors'],
    );
    assert.is(source.files[2]?.digest, digestOf(goldenBytes(model, 'model.safetensors')));
  });

pretrained('the same weights give the same digest, others another', async () => {
  const digest = async (folder: string) => (await loadPretrained(folder, context)).source.digest;
  const one = await digest(folderOf('tiny-bert'));
  assert.is(await digest(folderOf('tiny-bert')), one);
  const change = (tensors: Tensors) => {
    (tensors.get('classifier.bias') as Parameter).data[0] = 0.5;
    return undefined;
  };
  assert.is.not(await digest(folderOf('tiny-bert', { tensors: change })), one);
});

pretrained('an encoder without its head’s prefix, with the oldest names, and with another task’s head', async () => {
  const whole = await loadPretrained(folderOf('tiny-bert'), context);
  const tensors = (found: Tensors) => {
    const bare = renamed(found, (name) =>
      name
        .replace(/^bert\./, '')
        .replace('LayerNorm.weight', 'LayerNorm.gamma')
        .replace('LayerNorm.bias', 'LayerNorm.beta'),
    );
    for (const name of ['classifier.weight', 'classifier.bias', 'pooler.dense.weight', 'pooler.dense.bias'])
      bare.delete(name);
    return bare.set('cls.predictions.bias', { shape: [160], data: new Float32Array(160) });
  };
  const encoder = await loadPretrained(folderOf('tiny-bert', { tensors }), context);
  assert.equal(encoder.unused, ['cls.predictions.bias']);
  assert.is(encoder.labels, null);
  const wanted = [...whole.parameters].filter(([name]) => !name.startsWith('head/'));
  assert.equal([...encoder.parameters], wanted);
});

pretrained('a regression’s head is left out', async () => {
  const tensors = (found: Tensors) => {
    found.set('classifier.weight', { shape: [1, 32], data: new Float32Array(32) });
    found.set('classifier.bias', { shape: [1], data: new Float32Array(1) });
    return undefined;
  };
  const { parameters, unused } = await loadPretrained(folderOf('tiny-distilbert', { tensors }), context);
  assert.not(parameters.has('head/output/kernel'));
  assert.ok(parameters.has('head/hidden/kernel'));
  assert.equal([...unused].sort(), ['classifier.bias', 'classifier.weight']);
});

pretrained('all tensors that do not fit are named at once', async () => {
  const tensors = (found: Tensors) => {
    found.delete('distilbert.transformer.layer.0.attention.q_lin.bias');
    found.delete('pre_classifier.bias');
    found.set('distilbert.embeddings.LayerNorm.weight', { shape: [31], data: new Float32Array(31) });
    found.set('distilbert.evil\u001b', { shape: [1], data: new Float32Array(1) });
    return undefined;
  };
  const { message } = await rejects(loadPretrained(folderOf('tiny-distilbert', { tensors }), context), WeightsError);
  assert.match(
    message,
    /2 tensors missing: distilbert\.transformer\.layer\.0\.attention\.q_lin\.bias, pre_classifier\.bias/,
  );
  assert.match(
    message,
    /1 tensor of a wrong shape or type: distilbert\.embeddings\.LayerNorm\.weight is \[31\], config\.json makes it \[32\]/,
  );
  assert.match(message, /1 tensor unknown: distilbert\.evil\?/);
  const twice = (found: Tensors) =>
    found.set(
      'embeddings.word_embeddings.weight',
      found.get('distilbert.embeddings.word_embeddings.weight') as Parameter,
    );
  assert.match(
    (await rejects(loadPretrained(folderOf('tiny-distilbert', { tensors: twice }), context), WeightsError)).message,
    /two encoders/,
  );
});

pretrained('numbers that are none, and labels that do not fit the head, are refused', async () => {
  const tensors = (found: Tensors) => {
    (found.get('classifier.bias') as Parameter).data[0] = Number.NaN;
    return undefined;
  };
  assert.match(
    (await rejects(loadPretrained(folderOf('tiny-bert', { tensors }), context), WeightsError)).message,
    /not every number is finite in classifier\.bias/,
  );
  const config = { id2label: { 0: 'neg', 1: 'pos' } };
  assert.match(
    (await rejects(loadPretrained(folderOf('tiny-bert', { config }), context), WeightsError)).message,
    /3 outputs, config\.json names 2/,
  );
});

pretrained('a tokenizer with more ids than vectors is refused', async () => {
  const tensors = (found: Tensors) => {
    const name = 'distilbert.embeddings.word_embeddings.weight';
    return found.set(name, { shape: [100, 32], data: (found.get(name) as Parameter).data.slice(0, 3200) });
  };
  const folder = folderOf('tiny-distilbert', { tensors, config: { vocab_size: 100 } });
  assert.match(
    (await rejects(loadPretrained(folder, context), WeightsError)).message,
    /it has the id \d+, the model has vectors for 100 ids/,
  );
});

pretrained('a folder without weights says what to do', async () => {
  const nowhere = await rejects(loadPretrained('./nowhere', context), WeightsError);
  assert.match(nowhere.message, /nowhere/);
  for (const [name, message] of [
    ['pytorch_model.bin', /safe_serialization=True/],
    ['model.safetensors.index.json', /several files are not supported/],
    ['notes.txt', /give a Hugging Face folder/],
  ] as const) {
    const folder = folderOf('tiny-bert');
    rmSync(join(folder, 'model.safetensors'));
    writeFileSync(join(folder, name), '');
    assert.match((await rejects(loadPretrained(folder, context), WeightsError)).message, message);
  }
  const empty = temporaryFolder();
  mkdirSync(join(empty, 'config.json'));
  assert.match((await rejects(loadPretrained(empty, context), WeightsError)).message, /has no config\.json/);
  const mute = folderOf('tiny-bert');
  rmSync(join(mute, 'tokenizer.json'));
  assert.match(
    (await rejects(loadPretrained(mute, context), WeightsError)).message,
    /neither tokenizer\.json nor vocab\.txt/,
  );
});

pretrained('vocab.txt stands in for a tokenizer.json', async () => {
  const folder = folderOf('tiny-bert');
  rmSync(join(folder, 'tokenizer.json'));
  cpSync(goldenFile('tiny-bert', 'vocab.txt'), join(folder, 'vocab.txt'));
  const { tokenizer, source } = await loadPretrained(folder, context);
  const [made, given] = [
    JSON.parse(Buffer.from(tokenizer).toString('utf8')),
    JSON.parse(goldenBytes('tiny-bert', 'tokenizer.json').toString('utf8')),
  ];
  assert.equal(made.model.vocab, given.model.vocab);
  assert.equal(
    source.files.map(({ path }) => path),
    ['config.json', 'vocab.txt', 'model.safetensors'],
  );
});

const vocabularies = suite('vocab.txt');
const words = (...lines: string[]) =>
  Buffer.from(['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...lines, ''].join('\n'));
const settings = (value: unknown) => Buffer.from(JSON.stringify(value));

vocabularies('whatever ends its lines, and the last of two equal words counts', () => {
  const made = (bytes: Buffer) =>
    JSON.parse(Buffer.from(tokenizerFromVocabulary(bytes, null)).toString('utf8')).model.vocab;
  const text = words('film', 'é', 'film').toString('utf8');
  assert.equal(made(Buffer.from(text)), { '[PAD]': 0, '[UNK]': 1, '[CLS]': 2, '[SEP]': 3, '[MASK]': 4, film: 7, é: 6 });
  assert.equal(made(Buffer.from(text.replaceAll('\n', '\r\n'))), made(Buffer.from(text)));
});

vocabularies('settings of case and special tokens are kept', () => {
  const config = {
    do_lower_case: false,
    unk_token: { content: '<unk>', lstrip: false },
    tokenizer_class: 'DistilBertTokenizer',
  };
  const made = JSON.parse(Buffer.from(tokenizerFromVocabulary(words('<unk>'), settings(config))).toString('utf8'));
  assert.is(made.normalizer.lowercase, false);
  assert.is(made.model.unk_token, '<unk>');
});

for (const [why, bytes, config, message] of [
  ['no special token', Buffer.from('film\n'), null, /"\[PAD\]" is not among its words/],
  ['no UTF-8', Buffer.from([0xff, 0x0a]), null, /not UTF-8/],
  [
    'another class',
    words(),
    settings({ tokenizer_class: 'RobertaTokenizer' }),
    /tokenizer_class is not supported: BertTokenizer/,
  ],
  ['words never split', words(), settings({ never_split: ['a'] }), /never_split is not supported/],
  ['settings that are no JSON', words(), Buffer.from('{'), /no JSON/],
] as const)
  vocabularies(`refused: ${why}`, () => {
    assert.throws(
      () => tokenizerFromVocabulary(bytes, config),
      (e: Error) => e instanceof RangeError && message.test(e.message),
    );
  });

const configs = suite('config.json');
const bytesOf = (model: Tiny, change: Record<string, unknown>) =>
  Buffer.from(JSON.stringify({ ...JSON.parse(goldenBytes(model, 'config.json').toString('utf8')), ...change }));

configs('of BERT and DistilBERT become the same kind of architecture', () => {
  assert.equal(readArchitecture(goldenBytes('tiny-distilbert', 'config.json')), {
    ...{ family: 'distilbert', vocabulary: 160, positions: 64, types: 0, width: 32, layers: 2, heads: 4, inner: 64 },
    ...{ epsilon: 1e-12, activation: 'gelu', headActivation: 'relu', dropout: { hidden: 0, attention: 0, head: 0 } },
  });
  const change = { hidden_act: 'gelu_new', classifier_dropout: null, hidden_dropout_prob: 0.2, layer_norm_eps: 1e-5 };
  assert.equal(readArchitecture(bytesOf('tiny-bert', change)), {
    ...{ family: 'bert', vocabulary: 160, positions: 64, types: 2, width: 48, layers: 3, heads: 6, inner: 96 },
    ...{ epsilon: 1e-5, activation: 'gelu-tanh', headActivation: 'tanh' },
    dropout: { hidden: 0.2, attention: 0, head: 0.2 },
  });
  assert.equal(readConfigJson(goldenBytes('tiny-bert', 'config.json')).labels, ['LABEL_0', 'LABEL_1', 'LABEL_2']);
});

for (const [change, message] of [
  [{ model_type: 'roberta' }, /model_type is not supported: bert and distilbert are/],
  [{ position_embedding_type: 'relative_key' }, /position_embedding_type is not supported: absolute is/],
  [
    { hidden_act: 'swish', is_decoder: true },
    /hidden_act is not supported: gelu.*is_decoder is not supported|is_decoder is not supported.*hidden_act is not supported/,
  ],
  [{ quantization_config: { bits: 8 } }, /quantization_config is not supported/],
  [{ pruned_heads: { 0: [1] } }, /pruned_heads is not supported/],
  [{ problem_type: 'multi_label_classification' }, /problem_type is not supported/],
  [{ num_attention_heads: 5 }, /5 attention heads cannot share a width of 48/],
  [{ hidden_size: 1e9 }, /hidden_size/],
  [{ vocab_size: -1 }, /vocab_size/],
  [{ num_hidden_layers: undefined }, /num_hidden_layers/],
  [{ pad_token_id: 160 }, /pad_token_id 160/],
  [{ id2label: { 0: 'a', 2: 'b' } }, /id2label/],
] as const)
  configs(`refused: ${Object.keys(change)}`, () => {
    assert.throws(
      () => readConfigJson(bytesOf('tiny-bert', change)),
      (error: Error) => error instanceof RangeError && message.test(error.message),
    );
  });

const real = suite('a real pretrained model');
const folder = join(root, '../shared/data/minilm-l6');
if (!existsSync(join(folder, 'model.safetensors'))) console.log('SKIPPED no pretrained model here');
else
  real('loads, with a digest of every file', async () => {
    const { architecture, parameters, source, labels, unused } = await loadPretrained(folder, context);
    assert.is(
      [...parameters.values()].reduce((n, { data }) => n + data.length, 0),
      22_713_216,
    );
    assert.not(parameters.has('head/output/kernel'));
    assert.ok(parameters.has('head/hidden/kernel'));
    assert.is(architecture.layers, 6);
    assert.is(labels, null);
    assert.equal(unused, ['embeddings.position_ids']);
    for (const { path, digest } of source.files) assert.is(digest, digestOf(readFileSync(join(folder, path))));
  });

pretrained.run();
vocabularies.run();
configs.run();
real.run();
