import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ALONE, astralClass, IN_WORD, SEPARATES, tables } from '../../../registry-repo/runtime/unicode.ts';

const LAST = 0x10ffff;
const [LAST_BASIC, FIRST_ASTRAL] = [0xffff, 0x10000];
const OURS = 17;
const engine = Number(process.versions.unicode);
const made = tables();
const classOf = (codePoint: number): number =>
  codePoint < FIRST_ASTRAL ? (made.classes[codePoint] as number) : astralClass(made, codePoint);
/** Perhaps not yet in our version of Unicode: then the table has it alone. */
const isNewer = (codePoint: number): boolean => engine > OURS && classOf(codePoint) === ALONE;
const hex = (codePoint: number) => `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`;

/** What this Node says of a code point; null for one that it does not know yet, or that nobody ever will. */
function classByEngine(codePoint: number): number | null {
  const character = String.fromCodePoint(codePoint);
  if (/[\p{Cn}\p{Cs}\p{Co}]/u.test(character)) return null;
  if (/\p{Cc}|\p{Cf}|\p{Z}|[\u{fe00}-\u{fe0f}]/u.test(character)) return SEPARATES;
  const together =
    /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}\p{sc=Tibetan}]/u;
  return /[\p{L}\p{M}\p{N}]/u.test(character) && !together.test(character) ? IN_WORD : ALONE;
}

const unicode = suite('character tables');

unicode('agree with this Node about every code point that it knows', () => {
  const wrong: string[] = [];
  let known = 0;
  for (let codePoint = 0; codePoint <= LAST; codePoint++) {
    const expected = classByEngine(codePoint);
    if (expected === null) continue;
    known++;
    // A newer Unicode may know a character that stands alone here.
    if (classOf(codePoint) !== expected && !isNewer(codePoint)) wrong.push(hex(codePoint));
  }
  assert.ok(known > 150_000, `${known} are known`);
  assert.equal(wrong.slice(0, 20), []);
});

unicode('put surrogates without a partner, private and unassigned characters alone', () => {
  for (const codePoint of [0xd800, 0xdbff, 0xdc00, 0xdfff, 0xe000, 0xf8ff, 0x0378, 0xffff, 0xf0000, LAST])
    assert.is(classOf(codePoint), ALONE, hex(codePoint));
});

unicode('know where each run beyond the basic plane begins and ends', () => {
  for (const [codePoint, expected] of [
    [0x10000, IN_WORD], // the first: a Linear B syllable
    [0x1000b, IN_WORD],
    [0x1000c, ALONE],
    [0x10400, IN_WORD],
    [0x1f600, ALONE],
    [0x20000, ALONE],
    [0xe0001, SEPARATES],
    [0xe0100, IN_WORD],
    [0xe01f0, ALONE],
  ] as const)
    assert.is(classOf(codePoint), expected, hex(codePoint));
});

unicode('give the lower-case form of every character that is part of a word, and nothing else', () => {
  for (let unit = 0; unit <= LAST_BASIC; unit++) {
    const character = String.fromCharCode(unit);
    const form = character.toLowerCase();
    const lower = String.fromCharCode(made.lower[unit] as number);
    if (classOf(unit) !== IN_WORD) assert.is(lower, character, hex(unit));
    else if (unit !== 0x130 && unit !== 0x3c2 && !(engine < OURS && form === character))
      assert.is(lower, form, hex(unit));
    assert.is(String.fromCharCode(made.lower[lower.charCodeAt(0)] as number), lower, `${hex(unit)} is lowered once`);
  }
});

unicode('lower-case what two languages write in two ways', () => {
  assert.is(made.lower['İ'.charCodeAt(0)], 'i'.charCodeAt(0), 'Turkish');
  assert.is(made.lower['I'.charCodeAt(0)], 'i'.charCodeAt(0));
  assert.is(made.lower['ı'.charCodeAt(0)], 'ı'.charCodeAt(0));
  assert.is(made.lower['ς'.charCodeAt(0)], 'σ'.charCodeAt(0), 'Greek: the capital does not tell where it stands');
});

unicode('know the capitals of Unicode 16 and 17, even where the engine does not', () => {
  for (const pair of ['\u1c89\u1c8a', '\ua7cb\u0264', '\ua7cc\ua7cd', '\ua7da\ua7db', '\ua7dc\u019b', '\ua7ce\ua7cf'])
    assert.is(made.lower[pair.charCodeAt(0)], pair.charCodeAt(1), hex(pair.charCodeAt(0)));
});

unicode.run();
