import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { newTokenizer } from '../../../../pipeline/training/transformer/new-vocabulary.ts';
import { Subwords } from '../../../../registry-repo/runtime/subwords.ts';
import { readTokenizerFile } from '../../../../registry-repo/runtime/tokenizer-file.ts';

const TEXTS = ['A film, a film!', 'a Film', 'dull'];

const s = suite('a vocabulary made from texts');

const entriesOf = (tokenizer: Uint8Array, text: string): string[] => {
  const names = new Map(Object.entries(readTokenizerFile(tokenizer).model.vocab).map(([entry, id]) => [id, entry]));
  return [...new Subwords(tokenizer, 32).ids(text)].map((id) => names.get(id) as string);
};

s('spells a rare word out, or takes it as unknown', () => {
  const [spelt, unknown] = (['spelt', 'unknown'] as const).map((rare) => newTokenizer(TEXTS, 60, rare)) as [
    Uint8Array,
    Uint8Array,
  ];
  assert.equal(entriesOf(spelt, 'a FILM'), ['[CLS]', 'a', 'film', '[SEP]']);
  assert.equal(entriesOf(unknown, 'a FILM, mad'), ['[CLS]', 'a', 'film', ',', '[UNK]', '[SEP]']);
  assert.equal(entriesOf(spelt, 'mad'), ['[CLS]', 'm', '##a', '##d', '[SEP]']);
});

s('has so many entries, the frequent first, and the same bytes for the same texts', () => {
  const vocabulary = (size: number) => Object.keys(readTokenizerFile(newTokenizer(TEXTS, size, 'unknown')).model.vocab);
  assert.equal(vocabulary(7).slice(5), ['a', 'film']);
  assert.is(vocabulary(100).length, 5 + 5, 'no more than there are');
  assert.equal(newTokenizer(TEXTS, 30, 'spelt'), newTokenizer(TEXTS, 30, 'spelt'));
});

s.run();
