import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { tokenizerFromVocabulary } from '../../../pipeline/training/transformer/vocabulary.ts';
import { subwords as encoderOf, Subwords } from '../../../registry-repo/runtime/subwords.ts';
import { golden, goldenBytes } from '../../support/golden.ts';
import { readImdb } from '../../support/golden-reviews.ts';
import { fixture, root } from '../../support/paths.ts';

const file = goldenBytes('tiny-bert', 'tokenizer.json');

const LONGEST = 8192;
const subwords = suite('subwords');

subwords('of a text are the same in one piece and in many', () => {
  const whole = new Subwords(file, LONGEST);
  const word = fc.oneof(
    fc.constantFrom(
      'film',
      'villain',
      'Whole',
      '[SEP]',
      '[MASK]',
      '(1/10)!.',
      'É',
      'ΣΑΣ',
      '好看',
      '́',
      '\t',
      '\n',
      ' ',
      '😀',
      ...[',', '，', '。', '?!', '.Α', ')', '\r\n', '[SEP],', '=\u0338', 'Σ.', 'Σ,', '\u0001'],
    ),
    fc.string({ unit: 'grapheme', maxLength: 12 }),
  );
  const text = fc
    .array(word, { maxLength: 60 })
    .chain((words) => fc.constantFrom(' ', '  ', '').map((s) => words.join(s)));
  fc.assert(
    fc.property(text, fc.integer({ min: 4, max: 40 }), (value, length) => {
      const ids = whole.ids(value);
      const cut = ids.length <= length ? ids : [...ids.slice(0, length - 1), ids.at(-1)];
      assert.equal(new Subwords(file, length).ids(value), cut);
    }),
    { numRuns: 300 },
  );
});

subwords('keep the special tokens, however short', () => {
  const short = new Subwords(file, 4).ids('Whole villain was tender.');
  assert.is(short.length, 4);
  assert.equal([short[0], short[3]], [new Subwords(file, 64).ids('')[0], new Subwords(file, 64).ids('')[1]]);
  assert.throws(
    () => new Subwords(file, 2),
    (e: unknown) => e instanceof RangeError,
  );
});

subwords('of a very long text are found without reading all of it', () => {
  const split = new Subwords(file, 64);
  const beginning = 'film '.repeat(200);
  assert.equal(split.ids(beginning + 'villain '.repeat(2_000_000)), split.ids(beginning));
});

subwords('of long texts without spaces are the same in one piece and in many', () => {
  const whole = new Subwords(file, LONGEST);
  const sign = fc.constantFrom(
    ',',
    '，',
    '。',
    '?',
    '.',
    'Σ',
    'Α',
    'film',
    '好',
    '\u0301',
    '[MASK]',
    '(',
    '…',
    'ß',
    '\n',
  );
  const text = fc.array(sign, { minLength: 100, maxLength: 300 }).map((signs) => signs.join(''));
  fc.assert(
    fc.property(text, fc.integer({ min: 4, max: 40 }), (value, length) => {
      const ids = whole.ids(value);
      const { ids: found, cut } = new Subwords(file, length).split(value);
      assert.equal(found, ids.length <= length ? ids : [...ids.slice(0, length - 1), ids.at(-1)]);
      assert.is(cut, ids.length > length);
    }),
    { numRuns: 200 },
  );
});

subwords('of a pair share the room, the longer text gives way first', () => {
  const split = new Subwords(file, 9);
  const [cls, film, sep] = split.ids('film') as [number, number, number];
  const pair = (a: number, b: number) => split.pair('film '.repeat(a), 'film '.repeat(b));
  assert.equal(pair(1, 2), { ids: [cls, film, sep, film, film, sep], types: [0, 0, 0, 1, 1, 1] });
  const shared = (a: number, b: number) => {
    const { types } = pair(a, b);
    return [types.filter((t) => t === 0).length - 2, types.filter((t) => t === 1).length - 1];
  };
  assert.equal(
    [shared(1, 90), shared(90, 1), shared(5, 5), shared(3, 3)],
    [
      [1, 5],
      [5, 1],
      [3, 3],
      [3, 3],
    ],
  );
  assert.throws(() => new Subwords(file, 4).pair('a', 'b'), /no room for two texts/);
});

subwords('of a template that is not one are refused', () => {
  const spec = JSON.parse(file.toString('utf8'));
  const refused = (post_processor: unknown, message: RegExp) =>
    assert.throws(
      () => new Subwords(Buffer.from(JSON.stringify({ ...spec, post_processor })), 64),
      (error: unknown) => error instanceof RangeError && message.test(error.message),
    );
  const { post_processor } = spec;
  refused({ ...post_processor, single: [] }, /has the texts not at all, not A/);
  refused({ ...post_processor, pair: [...post_processor.pair, ...post_processor.pair] }, /has the texts ABAB, not AB/);
  refused({ ...post_processor, single: [{ SpecialToken: { id: 'toString', type_id: 0 } }] }, /no token toString/);
});

subwords('a name that every object has is a word like any other', () => {
  const spec = JSON.parse(file.toString('utf8'));
  const vocab = JSON.stringify(spec.model.vocab).replace('{', '{"__proto__":9000,');
  const text = JSON.stringify(spec).replace(JSON.stringify(spec.model.vocab), vocab);
  for (const word of ['__proto__', 'constructor', 'toString'])
    assert.ok(new Subwords(Buffer.from(text), 64).ids(word).every((id) => Number.isInteger(id)));
});

type Reference = {
  readonly cases: readonly {
    text: string;
    pair?: string;
    max_length: number | null;
    ids: number[];
    type_ids: number[];
  }[];
  readonly padding: { readonly texts: string[]; readonly ids: number[][]; readonly attention_mask: number[][] };
  readonly tokenizer: object;
};
const reference: Reference = JSON.parse(readFileSync(fixture('golden/tokenizer-bert-uncased.json'), 'utf8'));

subwords('hard cases: as Hugging Face’s own tokenizers give them', () => {
  const bytes = Buffer.from(JSON.stringify(reference.tokenizer));
  const lengths = new Map<number, Subwords>();
  const of = (length: number) => lengths.get(length) ?? lengths.set(length, new Subwords(bytes, length)).get(length);
  const single = reference.cases.filter((c) => c.pair === undefined);
  assert.ok(single.length > 150);
  for (const { text, max_length, ids } of single)
    assert.equal(of(max_length ?? LONGEST)?.ids(text), ids, JSON.stringify(text));
});

subwords('hard cases of pairs: as Hugging Face’s own tokenizers give them', () => {
  const bytes = Buffer.from(JSON.stringify(reference.tokenizer));
  const pairs = reference.cases.filter((c) => c.pair !== undefined);
  assert.ok(pairs.length > 10);
  const inputs = ['ids', 'mask', 'types'].map((name) => ({ name, type: 'int64' as const, shape: ['batch', 'length'] }));
  const spec = { kind: 'hf-tokenizer', file: 'tokenizer.json', bucket: 1, padId: 0 } as const;
  const named = { ids: 'ids', mask: 'mask', types: 'types' };
  for (const { text, pair, max_length, ids, type_ids } of pairs) {
    const encoder = encoderOf({ ...spec, maxLength: max_length ?? LONGEST, inputs: named }, inputs, bytes);
    const found = encoder.encodePair(text, pair as string);
    assert.equal(
      [found.ids, found.mask, found.types].map((row) => [...(row ?? [])]),
      [ids, ids.map(() => 1), type_ids],
    );
  }
});

subwords('a batch is padded as Hugging Face’s own tokenizers pad it', () => {
  const { padding } = reference;
  const inputs = ['ids', 'mask'].map((name) => ({ name, type: 'int64' as const, shape: ['batch', 'length'] }));
  const spec = { kind: 'hf-tokenizer', file: 'tokenizer.json', maxLength: 64, bucket: 1, padId: 0 } as const;
  const named = { ids: 'ids', mask: 'mask', types: null };
  const encoder = encoderOf({ ...spec, inputs: named }, inputs, Buffer.from(JSON.stringify(reference.tokenizer)));
  const rows = padding.texts.map(encoder.encode);
  const longest = Math.max(...rows.map((row) => (row.ids as Int32Array).length));
  const padded = (name: string) =>
    rows.map((row) =>
      [...(row[name] as Int32Array), ...Array(longest).fill(encoder.inputs[name]?.filler)].slice(0, longest),
    );
  assert.equal(padded('ids'), padding.ids);
  assert.equal(padded('mask'), padding.attention_mask);
});

for (const model of ['tiny-bert', 'tiny-distilbert'] as const)
  subwords(`of ${model}’s texts are those that it was given`, () => {
    const { texts, inputs } = golden(model);
    const split = new Subwords(goldenBytes(model, 'tokenizer.json'), 24);
    texts.forEach((text, i) => {
      const length = inputs.attention_mask[i]?.reduce((a, b) => a + b, 0);
      assert.equal(split.ids(text), inputs.input_ids[i]?.slice(0, length), text);
    });
  });

const folder = join(root, '../shared/data');
const there = ['golden/tokenizer-bert-uncased.json', 'minilm-l6/tokenizer.json'].every((f) =>
  existsSync(join(folder, f)),
);
if (!there) console.log('SKIPPED no real vocabulary and no digests of reviews here');

type Reviews = {
  readonly imdb: readonly { path: string; n_all: number; sha256_all: string; n_256: number; sha256_256: string }[];
};

if (there) {
  const vocabulary = () => readFileSync(join(folder, 'minilm-l6/tokenizer.json'));
  const reviews = () =>
    (JSON.parse(readFileSync(join(folder, 'golden/tokenizer-bert-uncased.json'), 'utf8')) as Reviews).imdb;

  subwords('a vocabulary alone splits like the tokenizer that was made of it', () => {
    const [words, settings] = ['vocab.txt', 'tokenizer_config.json'].map((name) =>
      readFileSync(join(folder, 'minilm-l6', name)),
    );
    const made = new Subwords(tokenizerFromVocabulary(words as Buffer, settings as Buffer), LONGEST);
    for (const { text, pair, max_length, ids } of reference.cases)
      if (max_length === null) assert.equal(pair === undefined ? made.ids(text) : made.pair(text, pair).ids, ids);
  });

  subwords('film reviews: as Hugging Face’s own tokenizers give them', async () => {
    const bytes = vocabulary();
    const [all, cut] = [new Subwords(bytes, LONGEST), new Subwords(bytes, 256)];
    const digest = (ids: readonly number[]) =>
      createHash('sha256')
        .update(Buffer.from(Int32Array.from(ids).buffer))
        .digest('hex');
    const wanted = new Map(reviews().map((r) => [r.path, r]));
    let seen = 0;
    for await (const { path, text } of readImdb(new Set(wanted.keys()))) {
      const { sha256_all, sha256_256 } = wanted.get(path) as Reviews['imdb'][number];
      assert.is(digest(all.ids(text)), sha256_all, path);
      assert.is(digest(cut.ids(text)), sha256_256, path);
      seen++;
    }
    assert.is(seen, wanted.size);
  });
}

subwords.run();
