import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { canonicalJson } from '../../events/canonical-json.ts';

const canonical = suite('canonical JSON');

canonical('is RFC 8785: sorted keys, ECMAScript numbers, no white space', () => {
  // Appendix example of the RFC
  const value = {
    numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 1e-27],
    string: '€$\u000f\nA\'B"\\\\"/',
    literals: [null, true, false],
  };
  assert.is(
    canonicalJson(value),
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  );
  assert.is(
    canonicalJson({ '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 }),
    '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}',
  );
});

canonical('parses back to the same value', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      assert.equal(JSON.parse(canonicalJson(value)), JSON.parse(JSON.stringify(value)));
    }),
  );
});

canonical('does not depend on the order in which an object was built', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.integer()), (object) => {
      const reversed = Object.fromEntries(Object.entries(object).reverse());
      assert.is(canonicalJson(reversed), canonicalJson(object));
    }),
  );
});

canonical('leaves out undefined members', () => assert.is(canonicalJson({ a: undefined, b: 1 }), '{"b":1}'));

for (const [name, value] of [
  ['NaN', Number.NaN],
  ['Infinity', Infinity],
  ['a bigint', 1n],
  ['undefined', undefined],
  ['a function', () => 1],
  ['a lone surrogate', '\ud800'],
] as const)
  canonical(`refuses ${name}`, () => {
    assert.throws(
      () => canonicalJson({ x: [value] }),
      (e: unknown) => e instanceof TypeError,
    );
  });

canonical.run();
