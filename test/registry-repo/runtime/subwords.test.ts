import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Subwords } from '../../../registry-repo/runtime/subwords.ts';
import { readTokenizerFile } from '../../../registry-repo/runtime/tokenizer-file.ts';
import { goldenBytes } from '../../support/golden.ts';
import { readImdb } from '../../support/golden-reviews.ts';
import { root } from '../../support/paths.ts';

const file = goldenBytes('tiny-bert', 'tokenizer.json');

const subwords = suite('subwords');

subwords('of a text are the same in one piece and in many', () => {
  const whole = new Tokenizer(readTokenizerFile(file), {});
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
    ),
    fc.string({ unit: 'grapheme', maxLength: 12 }),
  );
  const text = fc
    .array(word, { maxLength: 60 })
    .chain((words) => fc.constantFrom(' ', '  ', '').map((s) => words.join(s)));
  fc.assert(
    fc.property(text, fc.integer({ min: 4, max: 40 }), (value, length) => {
      const ids = whole.encode(value).ids;
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

subwords('a name that every object has is a word like any other', () => {
  const spec = JSON.parse(file.toString('utf8'));
  const vocab = JSON.stringify(spec.model.vocab).replace('{', '{"__proto__":9000,');
  const text = JSON.stringify(spec).replace(JSON.stringify(spec.model.vocab), vocab);
  for (const word of ['__proto__', 'constructor', 'toString'])
    assert.ok(new Subwords(Buffer.from(text), 64).ids(word).every((id) => Number.isInteger(id)));
});

const folder = join(root, '../shared/data');
const there = ['golden/tokenizer-bert-uncased.json', 'minilm-l6/tokenizer.json'].every((f) =>
  existsSync(join(folder, f)),
);
if (!there) console.log('SKIPPED no reference ids and no real vocabulary here');

type Reference = {
  readonly cases: readonly { text: string; pair?: string; max_length: number | null; ids: number[] }[];
  readonly imdb: readonly { path: string; n_all: number; sha256_all: string; n_256: number; sha256_256: string }[];
};

if (there) {
  const reference = () =>
    JSON.parse(readFileSync(join(folder, 'golden/tokenizer-bert-uncased.json'), 'utf8')) as Reference;
  const vocabulary = () => readFileSync(join(folder, 'minilm-l6/tokenizer.json'));
  const LONGEST = 8192;

  subwords('hard cases: as Hugging Face’s own tokenizers give them', () => {
    const bytes = vocabulary();
    const lengths = new Map<number, Subwords>();
    const of = (length: number) => lengths.get(length) ?? lengths.set(length, new Subwords(bytes, length)).get(length);
    const single = reference().cases.filter((c) => c.pair === undefined);
    assert.ok(single.length > 150);
    for (const { text, max_length, ids } of single)
      assert.equal(of(max_length ?? LONGEST)?.ids(text), ids, JSON.stringify(text));
  });

  subwords('film reviews: as Hugging Face’s own tokenizers give them', async () => {
    const bytes = vocabulary();
    const [all, cut] = [new Subwords(bytes, LONGEST), new Subwords(bytes, 256)];
    const digest = (ids: readonly number[]) =>
      createHash('sha256')
        .update(Buffer.from(Int32Array.from(ids).buffer))
        .digest('hex');
    const wanted = new Map(reference().imdb.map((r) => [r.path, r]));
    let seen = 0;
    for await (const { path, text } of readImdb(new Set(wanted.keys()))) {
      const { sha256_all, sha256_256 } = wanted.get(path) as Reference['imdb'][number];
      assert.is(digest(all.ids(text)), sha256_all, path);
      assert.is(digest(cut.ids(text)), sha256_256, path);
      seen++;
    }
    assert.is(seen, wanted.size);
  });
}

subwords.run();
