import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Tokenizer } from '../../../registry-repo/runtime/tokenizer.ts';
import { hashOf, tokensOf } from '../../support/tokens.ts';

const splits = suite('tokenizer: splits');

/** A text, and its tokens with bars between them. */
const SPLITS: readonly (readonly [language: string, text: string, tokens: string])[] = [
  ['English', 'It was GREAT, wasn’t it? 10/10!', 'it was great , wasn ’ t it ? 10 / 10 !'],
  ['English with typewriter quotes', `"don't" --- (ok)...`, `" don ' t " - - - ( ok ) . . .`],
  ['English with markup', 'bad<br />film_2 a+b=c', 'bad < br / > film _ 2 a + b = c'],
  ['German', 'Die Straße ÜBER Größe: schön', 'die straße über größe : schön'],
  ['French', 'L’été à Noël, ŒUVRE', 'l ’ été à noël , œuvre'],
  ['Spanish', '¿QUÉ tal, señor?', '¿ qué tal , señor ?'],
  ['Turkish', 'İSTANBUL ılık Işık', 'istanbul ılık işık'],
  ['Polish', 'ŁÓDŹ żółć', 'łódź żółć'],
  ['Vietnamese', 'TIẾNG Việt rất hay', 'tiếng việt rất hay'],
  ['Greek', 'ΟΔΟΣ, οδός; ΤΑΙΝΊΑ', 'οδοσ , οδόσ ; ταινία'],
  ['Russian', 'Это ПЛОХОЙ фильм, ёлка', 'это плохой фильм , ёлка'],
  ['Ukrainian', 'Її об’єкт', 'її об ’ єкт'],
  ['Arabic', 'كِتَابٌ جميل، نعم؟ ١٢٣', 'كِتَابٌ جميل ، نعم ؟ ١٢٣'],
  ['Hebrew', 'שָׁלוֹם עולם־טוב', 'שָׁלוֹם עולם ־ טוב'],
  ['Hindi', 'यह फ़िल्म बहुत अच्छी है।', 'यह फ़िल्म बहुत अच्छी है ।'],
  ['Bengali', 'ছবিটা ভালো', 'ছবিটা ভালো'],
  ['Tamil', 'நல்ல படம்', 'நல்ல படம்'],
  ['Amharic', 'ጥሩ ፊልም።', 'ጥሩ ፊልም ።'],
  ['Armenian', 'ԼԱՎ ֆիլմ։', 'լավ ֆիլմ ։'],
  ['Georgian', 'კარგი ᲙᲐᲠᲒᲘ', 'კარგი კარგი'],
  ['Korean', '정말 좋은 영화!', '정말 좋은 영화 !'],
  ['Chinese', '这部电影很好，2020年', '这 部 电 影 很 好 ， 2020 年'],
  ['Chinese beyond the basic plane', '𠮷野家', '𠮷 野 家'],
  ['Japanese', 'とてもGOODなエーガ', 'と て も good な エ ー ガ'],
  ['Thai', 'ดีมากok', 'ด ี ม า ก ok'],
  ['Lao', 'ດີ', 'ດ ີ'],
  ['Khmer', 'ល្អ', 'ល ្ អ'],
  ['Burmese', 'ကောင်း', 'က ေ ာ င ် း'],
  ['Tibetan', 'བོད་', 'བ ོ ད ་'],
  ['emoji', 'good😀😀bad', 'good 😀 😀 bad'],
  ['emoji with a skin tone', '👍🏽', '👍 🏽'],
  ['emoji joined', '👩‍💻x', '👩 💻 x'],
  ['flag', '🇩🇪', '🇩 🇪'],
  ['emoji with a selector', 'I ❤️you', 'i ❤ you'],
  ['emoji with and without a selector', '❤️❤', '❤ ❤'],
  ['letters beyond the basic plane', '𐌰𐌱 𐌰', '𐌰𐌱 𐌰'],
  ['white space of all kinds', ' a\tb\n\r\nc\u00a0d\u2003e\u3000f\u0085g ', 'a b c d e f g'],
  ['invisible characters', 'a\u0000b\u200bc\ufeffd\u202ee\u2028f', 'a b c d e f'],
  ['numbers', '3.14 ½ x² Ⅷ', '3 . 14 ½ x² ⅷ'],
  ['one character', 'a', 'a'],
];

for (const [language, text, tokens] of SPLITS)
  splits(language, () => assert.equal(tokensOf(text), tokens.normalize('NFC').split(' ').map(hashOf)));

splits('nothing', () => {
  for (const text of ['', ' ', '\n\t\r', '\u200d', '\u0000']) assert.equal(tokensOf(text), []);
});

splits('half a pair is a token, and takes nothing from its neighbours', () => {
  const [high, low] = ['\ud83d', '\ude00'];
  assert.equal(tokensOf(`a${high}b`), ['a', high, 'b'].map(hashOf));
  assert.equal(tokensOf(`a${low}b`), ['a', low, 'b'].map(hashOf));
  assert.equal(tokensOf(`${low}${high}`), [low, high].map(hashOf));
  assert.equal(tokensOf(`${high}${high}${low}`), [high, `${high}${low}`].map(hashOf));
  assert.equal(tokensOf(`a${high}`), ['a', high].map(hashOf));
});

splits('do not join what only looks alike', () => {
  const tokens = ['a', 'а', 'ａ', 'á', '1', 'ı', 'i', 'ß', 'ss'].map((text) => tokensOf(text)[0]);
  assert.is(new Set(tokens).size, tokens.length);
});

splits('of a megabyte of text', () => {
  const once = tokensOf('Ein Wort, zwei Wörter. ');
  const often = tokensOf('Ein Wort, zwei Wörter. '.repeat(50_000));
  assert.is(often.length, 50_000 * once.length);
  assert.equal(often.slice(-once.length), once);
  assert.equal(tokensOf('x'.repeat(1_000_000)).length, 1, 'one long word is one token');
});

splits('of texts that grow when they are composed', () => {
  // U+2ADC is written as two characters in NFC, of which each is a token; U+0F43, too.
  for (const [character, apart] of [
    ['\u2adc', '\u2add\u0338 '],
    ['\u0f43', '\u0f42\u0fb7'],
  ] as const)
    for (const length of [511, 512, 513, 800, 1023, 1024, 5000]) {
      const tokens = tokensOf(character.repeat(length));
      const expected = apart.trim().split('').map(hashOf);
      assert.is(tokens.length, 2 * length, `${length} times`);
      assert.equal(tokens.slice(-2), expected, `${length} times`);
    }
});

const laws = suite('tokenizer: laws');
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 60 }).map((units) => String.fromCharCode(...units)),
);
const runs = { numRuns: 500 };

laws('any string is read, whatever its code units are', () => {
  fc.assert(
    fc.property(text, (t) => {
      const tokenizer = new Tokenizer();
      const count = tokenizer.read(t);
      assert.ok(count >= 0 && count <= t.normalize('NFC').length);
    }),
    runs,
  );
});

laws('what was read before does not matter', () => {
  const old = new Tokenizer();
  fc.assert(
    fc.property(text, (t) => assert.equal(tokensOf(t, old), tokensOf(t))),
    runs,
  );
});

laws('composed and decomposed forms are one text', () => {
  fc.assert(
    fc.property(text, (t) => {
      const plain = tokensOf(t);
      assert.equal(tokensOf(t.normalize('NFC')), plain);
      assert.equal(tokensOf(t.normalize('NFD')), plain);
    }),
    runs,
  );
  for (const [, t] of SPLITS) assert.equal(tokensOf(t.normalize('NFD')), tokensOf(t.normalize('NFC')));
});

laws('two texts with a space between have the tokens of both', () => {
  fc.assert(
    fc.property(text, text, (a, b) => assert.equal(tokensOf(`${a} ${b}`), [...tokensOf(a), ...tokensOf(b)])),
    runs,
  );
});

laws('capitals make no difference', () => {
  const letters = 'abcxyzäöüßéñçœłžđαβγσωабвгдёяїքև '.split('');
  const word = fc.array(fc.constantFrom(...letters.filter((c) => c.toUpperCase().length === 1)), { maxLength: 30 });
  fc.assert(
    fc.property(word, (characters) => {
      const t = characters.join('');
      assert.equal(tokensOf(t.toUpperCase()), tokensOf(t));
    }),
    runs,
  );
});

laws('a token is as long as it is: a changed letter changes it', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'abcdefghij'), minLength: 1, maxLength: 20 }), (word) => {
      assert.equal(tokensOf(word), [hashOf(word)]);
      assert.not.equal(tokensOf(`${word}k`), tokensOf(word));
    }),
    runs,
  );
});

splits.run();
laws.run();
