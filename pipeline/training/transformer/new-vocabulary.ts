import { normalForm } from '../../../registry-repo/normal-form.ts';
import { tokenizerFromVocabulary } from './vocabulary.ts';

const SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
/** Id of `[PAD]`. */
export const NEW_PAD_ID = 0;

/**
 * A `tokenizer.json` for texts without a pretrained model. The same texts give the same bytes.
 *
 * @param size most entries; frequent words come before rare ones
 * @param rare what happens to other words: they are split into characters, which come first among the entries, or
 *   become the unknown token
 */
export function newTokenizer(texts: Iterable<string>, size: number, rare: 'spelt' | 'unknown'): Uint8Array {
  const words = new Map<string, number>();
  for (const text of texts) for (const word of wordsOf(text)) count(words, word, 1);
  const most = Math.floor((size - SPECIAL.length) / 4);
  const alphabet = rare === 'spelt' ? byFrequency(charactersOf(words)).slice(0, most) : [];
  const entries = [...SPECIAL, ...alphabet, ...alphabet.map((c) => `##${c}`), ...byFrequency(words)];
  return tokenizerFromVocabulary(Buffer.from([...new Set(entries)].slice(0, size).join('\n')), null);
}

/** Splits about as a BERT tokenizer normalises and splits; where it differs, a word only counts as rare. */
const wordsOf = (text: string): string[] =>
  normalForm(text.toLowerCase(), 'NFD')
    .replace(/\p{Mn}/gu, '')
    .match(/[\p{L}\p{N}]+|[^\s\p{L}\p{N}\p{C}]/gu) ?? [];

function charactersOf(words: ReadonlyMap<string, number>): Map<string, number> {
  const characters = new Map<string, number>();
  for (const [word, times] of words) for (const character of word) count(characters, character, times);
  return characters;
}

const count = (counts: Map<string, number>, what: string, times: number) =>
  counts.set(what, (counts.get(what) ?? 0) + times);

const byFrequency = (counts: ReadonlyMap<string, number>): string[] =>
  [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([what]) => what);
