import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { normalise } from '../../../pipeline/data/normalise.ts';
import { workOf } from '../../support/work.ts';

const normalising = suite('normalise');

normalising('line ends, breaks, control characters, marks and trailing spaces, one by one', () => {
  for (const [from, to] of [
    ['one\r\ntwo\rthree\nfour', 'one\ntwo\nthree\nfour'],
    ['one<br />two<br/>three<br>four<BR  / >five', 'one\ntwo\nthree\nfour\nfive'],
    ['one<br /><br />two', 'one\n\ntwo'],
    ['a\u0000b\u0007c\u001bd\u007f', 'abcd\u007f'],
    ['tab\tstays', 'tab\tstays'],
    ['\ufeffmark', 'mark'],
    ['end \t\n\u00a0\u2003', 'end'],
    ['  start stays', '  start stays'],
    ['café, 日本, 😀', 'café, 日本, 😀'],
    ['<bride> <b>bold</b> <br-x>', '<bride> <b>bold</b> <br-x>'],
  ] as const)
    assert.is(normalise(from), to);
});

normalising('twice is the same as once, even for nested breaks', () => {
  const part = fc.constantFrom('<br', '/', '>', ' ', '\t', '\r', '\n', '\u0000', '\ufeff', 'x', '<');
  fc.assert(
    fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
      const once = normalise(parts.join(''));
      assert.is(normalise(once), once);
      assert.not.match(once, /\r|<br>|\s$/);
    }),
    { numRuns: 1000 },
  );
});

normalising('stays fast on text made to slow it down', async () => {
  const work = await workOf(() => {
    for (const hostile of [`<br${' '.repeat(1e6)}`, '<br'.repeat(3e5), ' \n'.repeat(5e5), '\r'.repeat(1e6)])
      normalise(hostile);
  });
  assert.ok(work < 5000);
});

normalising.run();
