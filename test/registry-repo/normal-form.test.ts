import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Form, normalForm } from '../../registry-repo/normal-form.ts';

const FORMS: readonly Form[] = ['NFC', 'NFD', 'NFKC'];
const forms = suite('normal forms in linear work');

const every = function* (): Generator<string> {
  for (let i = 0; i < 0x110000; i++) if (i < 0xd800 || i > 0xdfff) yield String.fromCodePoint(i);
};
/** Whether the engine moves it past a mark of the first or of the last class. */
const hasClass = (c: string): boolean =>
  [`${c}\u0334`, `\u0345${c}`].some((pair) => pair.normalize('NFD') !== pair && [...c.normalize('NFKD')].length === 1);

forms('every character that has a combining class, or decomposes to such, is one that runs are made of', () => {
  for (const c of every()) {
    if (/[\p{M}\uff9e\uff9f]/u.test(c)) continue;
    const parts = [...c.normalize('NFKD')];
    if (parts.length === 1 && !hasClass(c)) continue;
    assert.not.ok(hasClass(parts[0] as string), `U+${c.codePointAt(0)?.toString(16)} starts with a mark`);
    let marks = 0;
    while (hasClass(parts.at(-1 - marks) as string)) marks++;
    assert.ok(marks <= 4, `U+${c.codePointAt(0)?.toString(16)} brings ${marks} marks`);
  }
});

forms('are the engine’s own, whatever the marks and wherever they stand', () => {
  const marks = [...every()].filter((c) => /[\p{M}\uff9e\uff9f]/u.test(c));
  const mark = fc.constantFrom(...marks);
  const common = fc.constantFrom(
    '\u0301',
    '\u0316',
    '\u0334',
    '\u0345',
    '\u0344',
    '\u0340',
    '\u09be',
    '\uff9e',
    '\u{1d165}',
  );
  const letter = fc.constantFrom(
    'a',
    'é',
    'ế',
    'ﷺ',
    'か',
    'ガ',
    '각',
    '\u09c7',
    ' ',
    '\u200d',
    '\ud800',
    '😀',
    '\u{1d15e}',
  );
  const run = fc.array(fc.oneof(mark, common), { minLength: 0, maxLength: 80 }).map((all) => all.join(''));
  const text = fc.array(fc.tuple(letter, run), { maxLength: 4 }).map((all) => all.flat().join(''));
  fc.assert(
    fc.property(fc.tuple(run, text), ([first, rest]) => {
      for (const form of FORMS) assert.is(normalForm(first + rest, form), (first + rest).normalize(form));
    }),
    { numRuns: 1000 },
  );
});

forms('every mark by itself stands where the engine puts it among all classes', () => {
  const marks = [...every()].filter((c) => /\p{M}/u.test(c));
  for (const all of [marks, marks.toReversed()])
    for (const form of FORMS) assert.is(normalForm(`a${all.join('')}`, form), `a${all.join('')}`.normalize(form));
});

forms.run();
