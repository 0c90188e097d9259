import { normalForm } from '../../../registry-repo/normal-form.ts';
import { tokenizerFromVocabulary } from './vocabulary.ts';

const SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
/** Id of `[PAD]`. */
export const NEW_PAD_ID = 0;

/**
 * A `tokenizer.json` for texts that no pretrained model is at hand for. The same texts give the same bytes.
 *
 * @param size most entries, the frequent before the rare
 * @param rare what becomes of other words: they are spelt out, by characters that come first among the entries, or unknown
 */
export function newTokenizer(texts: Iterable<string>, size: number, rare: 'spelt' | 'unknown'): Uint8Array {
  const words = new Map<string, number>();
  for (const text of texts) for (const word of wordsOf(text)) count(words, word, 1);
  const most = Math.floor((size - SPECIAL.length) / 4);
  const alphabet = rare === 'spelt' ? byFrequency(charactersOf(words)).slice(0, most) : [];
  const entries = [...SPECIAL, ...alphabet, ...alphabet.map((c) => `##${c}`), ...byFrequency(words)];
  return tokenizerFromVocabulary(Buffer.from([...new Set(entries)].slice(0, size).join('\n')), null);
}

/** About as a BERT tokenizer normalises and splits; where it differs, a word is rare. */
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
