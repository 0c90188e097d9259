import { normalForm } from './normal-form.ts';
import { ALONE, astralClass, IN_WORD, tables } from './runtime/unicode.ts';

/** Characters that are invisible in every context: soft hyphens, joiners, selectors, fillers, tags. */
const UNSEEN = /\p{Default_Ignorable_Code_Point}+/gu;
/**
 * Of the characters that are tokens of their own: those of scripts without spaces. The others are punctuation and
 * symbols.
 */
const LETTER = /[\p{L}\p{M}\p{N}]/u;

/**
 * The words of a text with one space between them: in one case and one form, without invisible characters, punctuation
 * and symbols. The tokenizer's table says what is in a word. Work is linear in the text.
 */
export function wordsOf(text: string): string {
  const { classes, ...table } = tables();
  const form = normalForm(text.replace(UNSEEN, ''), 'NFKC').replace(UNSEEN, '').toUpperCase().toLowerCase();
  const words: string[] = [];
  let from = -1;
  for (let i = 0; i < form.length; i++) {
    const point = form.codePointAt(i) as number;
    const kind = point > 0xffff ? astralClass({ classes, ...table }, point) : classes[point];
    const kept = kind === IN_WORD || (kind === ALONE && LETTER.test(String.fromCodePoint(point)));
    if (kept && from < 0) from = i;
    else if (!kept && from >= 0) {
      words.push(form.slice(from, i));
      from = -1;
    }
    if (point > 0xffff) i++;
  }
  if (from >= 0) words.push(form.slice(from));
  return words.join(' ').replaceAll('ς', 'σ');
}
