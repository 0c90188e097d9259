import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readArchitecture } from '../../../../pipeline/training/transformer/config-json.ts';
import { matchTensors } from '../../../../pipeline/training/transformer/match-tensors.ts';
import { headerLength, readHeader } from '../../../../pipeline/training/transformer/safetensors-header.ts';
import { goldenBytes } from '../../../support/golden.ts';

const architecture = readArchitecture(goldenBytes('tiny-bert', 'config.json'));
const header = () => {
  const bytes = goldenBytes('tiny-bert', 'model.safetensors');
  return readHeader(bytes.subarray(8, 8 + headerLength(bytes.subarray(0, 8), bytes.length)), bytes.length);
};
const without = (...names: string[]) => {
  const { tensors, metadata } = header();
  return { metadata, tensors: tensors.filter(({ name }) => !names.includes(name)) };
};

const matches = suite('tensors and parameters');

matches('half a head is no head', () => {
  assert.throws(
    () => matchTensors(architecture, without('bert.pooler.dense.bias')),
    /missing: bert\.pooler\.dense\.bias$/,
  );
  assert.throws(() => matchTensors(architecture, without('classifier.bias')), /missing: classifier\.bias$/);
  const classifier = ['classifier.weight', 'classifier.bias'];
  assert.throws(
    () => matchTensors(architecture, without(...classifier, 'bert.pooler.dense.weight')),
    /missing: bert\.pooler/,
  );
  assert.is(matchTensors(architecture, without(...classifier)).outputs, null);
  assert.throws(
    () => matchTensors(architecture, without('bert.pooler.dense.weight', 'bert.pooler.dense.bias')),
    /2 tensors missing/,
  );
});

matches('weights that are whole numbers are refused', () => {
  const { tensors, metadata } = header();
  const whole = tensors.map((t) => (t.name === 'classifier.bias' ? { ...t, dtype: 'I32' as const } : t));
  assert.throws(() => matchTensors(architecture, { tensors: whole, metadata }), /classifier\.bias is of type I32/);
});

matches('of a file of another family, the message stays readable', () => {
  const other = readArchitecture(goldenBytes('tiny-distilbert', 'config.json'));
  const { message } = (() => {
    try {
      matchTensors(other, header());
    } catch (error) {
      return error as Error;
    }
    throw new Error('it was not refused');
  })();
  assert.match(
    message,
    /tensors missing: distilbert\.embeddings\.word_embeddings\.weight, .* and \d+ more; .*unknown: bert\./,
  );
  assert.ok(message.length < 5000);
});

matches.run();
