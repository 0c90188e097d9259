import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { normaliser, wordsOf } from '../../../registry-repo/runtime/bert-text.ts';

// What is wanted is what Hugging Face's `tokenizers` 0.23 for Python give; hf-tokenizers.slow.ts asks it.

const NOTHING = { type: 'BertNormalizer', strip_accents: false } as const;
const bert = suite('texts for WordPiece, as Hugging Face’s package for Python prepares them');

bert('a Σ is lower-cased alike at the end of a word', () => {
  assert.is(normaliser({ ...NOTHING, lowercase: true })('ΟΔΟΣ Σ İ'), 'οδοσ σ i\u0307');
});

bert('Chinese characters stand alone beyond the basic plane, too', () => {
  assert.is(normaliser({ ...NOTHING, handle_chinese_chars: true })('x好𠀀yか'), 'x 好  𠀀 yか');
});

bert('blanks are those of Unicode: next line is one, a byte order mark is none', () => {
  assert.equal(wordsOf('a\u0085b\ufeffc\u3000d\u200be'), ['a', 'b\ufeffc', 'd\u200be']);
});

bert('signs and marks are those of Unicode 8, on every version of Node', () => {
  assert.equal(wordsOf('a。b\u2e52c\u166dd$e€f'), ['a', '。', 'b\u2e52c', '\u166d', 'd', '$', 'e€f']);
  assert.is(normaliser({ ...NOTHING, strip_accents: true })('e\u0301é\u08d4\u1734'), 'ee\u08d4');
});

bert('control characters go, and white space becomes a blank', () => {
  assert.is(normaliser({ ...NOTHING, clean_text: true })('a\u0000b\ufffdc\u200dd\te\u00a0f\ue000'), 'abcd e f');
});

bert.run();
