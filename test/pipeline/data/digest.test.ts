import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { digestOfOrdered, inCanonicalOrder } from '../../../pipeline/data/digest.ts';
import { digestOf } from '../../../registry-repo/digest.ts';
import { printRows, type Row } from '../../../registry-repo/rows.ts';

const digests = suite('digest');

/** Texts that share long beginnings, end in each other, need escapes, and cross the surrogates. */
const text = fc
  .tuple(
    fc.constantFrom('', 'a'.repeat(46), 'a'.repeat(47), 'a'.repeat(48), `${'a'.repeat(47)}😀`, 'é'.repeat(48)),
    fc.array(fc.constantFrom('a', '"', '\\', '\n', '\u0001', ' ', '~', 'é', '日', '\uff21', '😀', '\ud83d'), {
      maxLength: 4,
    }),
  )
  .map(([start, rest]) => start + rest.join(''));
const row: fc.Arbitrary<Row> = fc.record({ text, label: fc.constantFrom('neg', 'pos', 'p', '"', 'é') });

digests('the order is that of the printed bytes, and so is the digest', () => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 40 }), (rows) => {
      const ordered = inCanonicalOrder(rows);
      const lines = ordered.map((one) => printRows([one]));
      assert.ok(Buffer.concat(lines).equals(printRows(rows)));
      assert.is(digestOfOrdered(ordered), digestOf(printRows(rows)));
    }),
    { numRuns: 500 },
  );
});

digests('does not depend on the order in which rows come', () => {
  const shuffled = fc
    .array(row, { minLength: 2, maxLength: 20 })
    .chain((rows) => fc.tuple(fc.constant(rows), fc.shuffledSubarray(rows, { minLength: rows.length })));
  fc.assert(
    fc.property(shuffled, ([one, other]) => {
      assert.is(digestOfOrdered(inCanonicalOrder(one)), digestOfOrdered(inCanonicalOrder(other)));
    }),
  );
});

digests('changes with any text, label or number of rows', () => {
  const of = (...rows: Row[]) => digestOfOrdered(inCanonicalOrder(rows));
  const base = of({ text: 'fine', label: 'pos' }, { text: 'bad', label: 'neg' });
  assert.is.not(of({ text: 'fine', label: 'neg' }, { text: 'bad', label: 'neg' }), base);
  assert.is.not(of({ text: 'fine.', label: 'pos' }, { text: 'bad', label: 'neg' }), base);
  assert.is.not(of({ text: 'fine', label: 'pos' }, { text: 'bad', label: 'neg' }, { text: 'bad', label: 'neg' }), base);
});

digests.run();
