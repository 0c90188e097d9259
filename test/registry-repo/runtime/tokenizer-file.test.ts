import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Subwords } from '../../../registry-repo/runtime/subwords.ts';
import { readTokenizerFile } from '../../../registry-repo/runtime/tokenizer-file.ts';
import { goldenBytes } from '../../support/golden.ts';

type Json = Record<string, unknown>;
const file = (): Json & { model: Json } => JSON.parse(goldenBytes('tiny-bert', 'tokenizer.json').toString('utf8'));
const changed = (over: Json, model: Json = {}) => {
  const { model: before, ...rest } = file();
  return Buffer.from(JSON.stringify({ ...rest, ...over, model: { ...before, ...model } }));
};

const files = suite('tokenizer.json');

const bomb = { type: 'Split', pattern: { Regex: '(a+)+$' }, behavior: 'Isolated', invert: false };
const REFUSED: readonly (readonly [why: string, bytes: Uint8Array, message: RegExp])[] = [
  ['nothing', Buffer.alloc(0), /not a tokenizer\.json/],
  ['a list', Buffer.from('[]'), /not a tokenizer\.json that is supported/],
  [
    'a pattern that never ends, to split by',
    changed({ pre_tokenizer: bomb }),
    /pre_tokenizer\.type is not supported: BertPreTokenizer is/,
  ],
  [
    'the same in a sequence',
    changed({ pre_tokenizer: { type: 'Sequence', pretokenizers: [bomb] } }),
    /BertPreTokenizer is/,
  ],
  [
    'a pattern to replace by',
    changed({ normalizer: { type: 'Replace', pattern: { Regex: '(a+)+$' }, content: '' } }),
    /BertNormalizer is/,
  ],
  ['another model', changed({}, { type: 'BPE', merges: [] }), /model\.type is not supported: WordPiece is/],
  ['a word without a number', changed({}, { vocab: { a: 'b' } }), /model\.vocab\.a/],
  ['an id that no model has', changed({}, { vocab: { '[UNK]': 1e9 } }), /model\.vocab\.\[UNK\]/],
  ['a negative id', changed({}, { vocab: { '[UNK]': -1 } }), /model\.vocab/],
  ['no word for what is not known', changed({}, { unk_token: '[NEVER]' }), /unk_token is not in the vocabulary/],
  ['a name that every object has', changed({}, { unk_token: 'toString' }), /unk_token is not in the vocabulary/],
  ['words of any length', changed({}, { max_input_chars_per_word: 1e6 }), /max_input_chars_per_word/],
  ['keys that are not known', changed({ evil: 1 }), /evil/],
  ['tokens with spaces', changed({ added_tokens: [{ id: 1, content: 'a b' }] }), /holds a space/],
  [
    'endless templates',
    changed({
      post_processor: {
        type: 'TemplateProcessing',
        single: Array(17).fill({ Sequence: { id: 'A', type_id: 0 } }),
        pair: [],
        special_tokens: {},
      },
    }),
    /single/,
  ],
  ['no template', changed({ post_processor: null }), /post_processor/],
];

for (const [why, bytes, message] of REFUSED)
  files(`refused: ${why}`, () => {
    assert.throws(
      () => readTokenizerFile(bytes),
      (error: unknown) => error instanceof RangeError && message.test(error.message) && error.message.length < 5000,
    );
  });

files('whatever is in one, it is refused or splits texts into whole numbers', () => {
  const whole = file();
  const paths: (readonly string[])[] = [];
  const walk = (value: unknown, path: readonly string[]): void => {
    if (path.length > 0) paths.push(path);
    if (value !== null && typeof value === 'object' && paths.length < 300)
      for (const [key, inner] of Object.entries(value)) walk(inner, [...path, key]);
  };
  walk(whole, []);
  const change = fc.tuple(
    fc.constantFrom(...paths),
    fc.oneof(fc.jsonValue(), fc.constantFrom(-1, 1e300, '', null, [], {})),
  );
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 2 }), fc.string({ maxLength: 50 }), (changes, text) => {
      const copy = structuredClone(whole) as Json;
      for (const [path, value] of changes) {
        let at: unknown = copy;
        for (const key of path.slice(0, -1)) at = (at as Json | null | undefined)?.[key];
        if (at !== null && typeof at === 'object') (at as Json)[path.at(-1) as string] = structuredClone(value);
      }
      try {
        const { ids } = new Subwords(Buffer.from(JSON.stringify(copy)), 64).split(text);
        assert.ok(ids.length <= 64 && ids.every((id) => Number.isInteger(id) && id >= 0), JSON.stringify(ids));
      } catch (error) {
        assert.instance(error, RangeError);
      }
    }),
    { numRuns: 1500 },
  );
});

files.run();
