import { normalForm } from '../normal-form.ts';
import { KNOWN_AS, NOT_KNOWN } from './bert-unknown.ts';
import type { TokenizerFile } from './tokenizer-file.ts';

// How Hugging Face's `tokenizers` prepare a text for WordPiece. The package for JavaScript differs: it lower-cases a Σ at
// a word's end to ς, sees no Chinese characters beyond the basic plane, and takes other characters for blanks.

/** @see https://github.com/huggingface/tokenizers/blob/main/tokenizers/src/normalizers/bert.rs */
const CHINESE =
  /[\u4e00-\u9fff\u3400-\u4dbf\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\uf900-\ufaff\u{2f800}-\u{2fa1f}]/gu;
const UNWANTED = new RegExp(`(?![\\t\\n\\r${NOT_KNOWN.formats}])[\\ufffd\\p{Cf}\\p{Co}\\p{Cc}]`, 'gu');
const ACCENT = new RegExp(`(?![${NOT_KNOWN.marks}])[\\p{Mn}${KNOWN_AS.marks}]`, 'gu');
const BLANK = /\p{White_Space}/gu;
const SIGN = `(?![${NOT_KNOWN.signs}])[\\p{P}${KNOWN_AS.signs}!-/:-@\\[-\`{-~]`;
const WORDS = new RegExp(`(?:(?!${SIGN})\\P{White_Space})+|${SIGN}`, 'gu');

/** What a BertNormalizer leaves of a text. Work is linear in the text. */
export function normaliser(settings: NonNullable<TokenizerFile['normalizer']>): (text: string) => string {
  const { clean_text, handle_chinese_chars, lowercase, strip_accents } = settings;
  return (text) => {
    let left = clean_text ? text.replace(UNWANTED, '').replace(BLANK, ' ') : text;
    if (handle_chinese_chars) left = left.replace(CHINESE, ' $& ');
    if (strip_accents ?? lowercase) left = normalForm(left, 'NFD').replace(ACCENT, '');
    // Only for Σ does lower case depend on what stands around it.
    return lowercase ? left.replaceAll('Σ', 'σ').toLowerCase() : left;
  };
}

/** The words of a normalised text; each sign is one. */
export const wordsOf = (text: string): string[] => text.match(WORDS) ?? [];
