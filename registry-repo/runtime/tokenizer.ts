import { normalForm } from '../normal-form.ts';
import { ALONE, astralClass, IN_WORD, tables } from './unicode.ts';

/** FNV-1a (Fowler, Noll, Vo), over UTF-16 code units instead of bytes. */
const BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

const FIRST_COMBINING = 0x300;
const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00;
const isLowSurrogate = (unit: number): boolean => unit >= 0xdc00 && unit < 0xe000;

/**
 * Splits texts into tokens and hashes each. Tokens are runs of letters, digits and marks, in lower case, and every
 * other visible character alone. In scripts written without spaces (Han, kana, Thai, Lao, Khmer, Burmese, Tibetan)
 * every character is a token, so that n-grams of tokens are n-grams of characters there. Texts are read in their NFC
 * form. Invisible characters separate, and so do the selectors that choose a picture for an emoji.
 *
 * One instance serves one thread: `hashes` is overwritten by the next text.
 */
export class Tokenizer {
  /** The hashes of the last text's tokens. */
  hashes = new Int32Array(1024);
  readonly #tables = tables();

  /** @returns how many tokens the text has */
  read(text: string): number {
    const whole = composed(text); // may be longer than the text
    if (this.hashes.length < whole.length) this.hashes = new Int32Array(2 * whole.length);
    return this.#split(whole);
  }

  #split(text: string): number {
    const { hashes } = this;
    const { classes, lower } = this.#tables;
    let tokens = 0;
    let hash = BASIS;
    let inWord = false;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      let kind = classes[unit] as number;
      let second = 0;
      if (isHighSurrogate(unit) && isLowSurrogate(text.charCodeAt(i + 1))) {
        second = text.charCodeAt(++i);
        kind = astralClass(this.#tables, text.codePointAt(i - 1) as number);
      }
      if (kind === IN_WORD) {
        hash = Math.imul(hash ^ (lower[unit] as number), PRIME);
        if (second) hash = Math.imul(hash ^ second, PRIME);
        inWord = true;
        continue;
      }
      if (inWord) hashes[tokens++] = hash;
      inWord = false;
      hash = BASIS;
      if (kind === ALONE) {
        const alone = Math.imul(BASIS ^ unit, PRIME);
        hashes[tokens++] = second ? Math.imul(alone ^ second, PRIME) : alone;
      }
    }
    if (inWord) hashes[tokens++] = hash;
    return tokens;
  }
}

/** NFC. Most texts already have this form; for texts without a combining character that is found at once. */
function composed(text: string): string {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= FIRST_COMBINING) return normalForm(text, 'NFC');
  return text;
}
