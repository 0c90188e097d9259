import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { leakKey, ROW_KEY_BYTES, rowKey } from '../../registry-repo/rows.ts';

const keys = suite('row keys');

keys('ignore case, spacing and compatibility forms, and nothing else', () => {
  const key = rowKey('Not a good film').toString('hex');
  for (const same of [' not a  GOOD\tfilm\n', 'not\u00a0a\u2003good film', 'Ｎot a good ﬁlm', 'not \r\n a good film'])
    assert.is(rowKey(same).toString('hex'), key, JSON.stringify(same));
  for (const other of ['not a good film!', 'nota good film', 'a good film', 'not a góod film'])
    assert.is.not(rowKey(other).toString('hex'), key, other);
});

keys('are the first bytes of the hash of the text with every run of spaces as one', () => {
  const text = fc.array(fc.constantFrom(' ', '  ', '\t', '\n', '\r\n', '\u00a0', '\u2028', 'a', 'B', 'é', '😀'));
  fc.assert(
    fc.property(text, (parts) => {
      const joined = parts.join('');
      const plain = joined.normalize('NFKC').toLowerCase().split(/\s+/u).filter(Boolean).join(' ');
      const expected = createHash('sha256').update(plain).digest('hex');
      assert.is(rowKey(joined).toString('hex'), expected.slice(0, 2 * ROW_KEY_BYTES));
    }),
  );
});

keys('of leaks go by the letters of words alone', () => {
  const key = (text: string) => leakKey(text).toString('hex');
  for (const [text, ...same] of [
    [
      'Not a good film',
      'not a good film.',
      '…not, a – good film?!',
      'NOT\u00ad a\u200d GOOD film',
      'n o t a good film',
      'not a good film 😀',
    ],
    ['Straße', 'STRASSE', 'stra\u00adsse'],
    ['σίσυφος', 'ΣΊΣΥΦΟΣ', 'σίσυφοσ'],
    ['映画は良い', '映画は、良い。', '映画 は 良い'],
    ['à peine', 'a\u0300 peine'],
  ] as const)
    for (const other of same) assert.is(key(other), key(text), JSON.stringify(other));
  for (const [text, other] of [
    ['not a good film', 'a good film'],
    ['a good film', 'a góod film'],
    ['映画は良い', '映画は悪い'],
    ['😀', '😡'],
    ['?', '!'],
    ['', ' .'],
    ['part 1', 'part 2'],
  ] as const)
    assert.is.not(key(text), key(other), other);
});

keys('of leaks are of no text’s other kind of key', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) =>
      /[a-z]/i.test(text) ? !leakKey(text).equals(rowKey(text)) : true,
    ),
  );
});

keys.run();
