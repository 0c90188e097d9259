import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ModelRefusedError } from '../../../registry-repo/errors.ts';
import type { Combined } from '../../../registry-repo/runtime/combined.ts';
import type { Encoder, GraphInputs } from '../../../registry-repo/runtime/encoded-text.ts';
import { createEncoder } from '../../../registry-repo/runtime/encoder.ts';
import type { HashedNgrams } from '../../../registry-repo/runtime/hashed-ngrams.ts';
import type { HfTokenizer } from '../../../registry-repo/runtime/hf-tokenizer.ts';
import { loadRuntime } from '../../../registry-repo/runtime/load.ts';
import { filesOf, kindOf, Preprocessor } from '../../../registry-repo/runtime/preprocessor.ts';
import { goldenBytes } from '../../support/golden.ts';
import { rejects } from '../../support/rejects.ts';

const ngrams: HashedNgrams = {
  ...{ kind: 'hashed-ngrams', tokens: 'words-1', bits: 12 },
  zones: [{ from: 0, to: 1, order: 2 }],
};
const tokens: HfTokenizer = {
  ...{ kind: 'hf-tokenizer', file: 'tokenizer.json', maxLength: 16, bucket: 8, padId: 0 },
  inputs: { ids: 'input_ids', mask: 'attention_mask', types: 'token_type_ids' },
};
const spec: Combined = { kind: 'combined', parts: [ngrams, tokens] };
const input = (name: string): GraphInputs[number] => ({ name, type: 'int64', shape: ['batch', 'length'] });
const named = (...names: string[]): GraphInputs => names.map(input);
const own = ['input_ids', 'attention_mask', 'token_type_ids'];
const file = () => goldenBytes('tiny-bert', 'tokenizer.json');
const texts = [
  'the film',
  '',
  'A very long and winding text about a film that never, ever ends; or does it?',
  '好看 😀',
];

const s = suite('n-grams and subwords together');

s('are what both are alone, with the padding of each', () => {
  const both = createEncoder(spec, named('ids', ...own), file);
  const one = createEncoder(ngrams, named('ids'), file);
  const other = createEncoder(tokens, named(...own), file);
  for (const text of texts) assert.equal(both.encode(text), { ...one.encode(text), ...other.encode(text) });
  const told = (inputs: Encoder['inputs']) =>
    Object.entries(inputs).map(([name, { width, ...rest }]) => [name, rest, [0, 1, 9, 100, 777].map(width)]);
  assert.equal(told(both.inputs), told({ ...one.inputs, ...other.inputs }));
});

s('take the inputs in any order, and by any name', () => {
  const both = createEncoder(spec, named('attention_mask', 'input_ids', 'words', 'token_type_ids'), file);
  assert.equal(Object.keys(both.encode('the film')).sort(), ['attention_mask', 'input_ids', 'token_type_ids', 'words']);
});

const unfit: [what: string, inputs: GraphInputs, message: RegExp][] = [
  ['no input for the n-grams', named(...own), /one input of shape/],
  ['two inputs that no tokenizer fills', named('ids', 'more', ...own), /one input of shape/],
  ['an input less than the tokenizer fills', named('ids', 'input_ids', 'attention_mask'), /needs the inputs input_ids/],
  ['two inputs of one name', named('ids', 'input_ids', 'input_ids', 'attention_mask'), /two inputs have one name/],
  ['n-grams of another shape', [{ ...input('ids'), shape: ['batch'] }, ...named(...own)], /one input of shape/],
];
for (const [what, inputs, message] of unfit)
  s(`a graph with ${what} is refused`, async () => {
    const fails = (e: unknown) => e instanceof RangeError && message.test(e.message);
    assert.throws(() => createEncoder(spec, inputs, file), fails);
    const contract = { inputs, output: { name: 'y', type: 'float32' as const, shape: ['batch', 2] } };
    const manifest = { labels: ['a', 'b'], preprocessor: spec, contract };
    assert.match((await rejects(loadRuntime({ manifest, file }), ModelRefusedError)).message, message);
  });

s('a tokenizer that fills one input twice is refused', () => {
  const twice = { ...tokens, inputs: { ids: 'input_ids', mask: 'input_ids', types: null } };
  assert.throws(
    () => createEncoder({ kind: 'combined', parts: [ngrams, twice] }, named('ids', 'input_ids'), file),
    (e: unknown) => e instanceof RangeError && /two inputs have one name/.test(e.message),
  );
});

s('a manifest may name them once each, in this order, and nothing else', () => {
  assert.equal(Preprocessor.parse(spec), spec);
  assert.equal(filesOf(spec), ['tokenizer.json']);
  assert.is(kindOf(spec), 'hashed-ngrams + hf-tokenizer');
  for (const parts of [
    [],
    [ngrams],
    [tokens, ngrams],
    [ngrams, ngrams],
    [tokens, tokens],
    [ngrams, tokens, ngrams],
    [ngrams, spec],
    [ngrams, { ...tokens, kind: 'a-program' }],
    [ngrams, { ...tokens, file: '../secret' }],
    [ngrams, { ...tokens, more: 1 }],
  ])
    assert.not(Preprocessor.safeParse({ kind: 'combined', parts }).success, JSON.stringify(parts).slice(0, 80));
  assert.not(Preprocessor.safeParse({ ...spec, file: 'tokenizer.json' }).success);
});

s.run();
