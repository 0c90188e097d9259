import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { countNear } from '../../../pipeline/data/near.ts';
import { assertLinear } from '../../support/growth.ts';

const next = async () => {};
/** A text of words of its own. */
const words = (name: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${name}${i}`);

const s = suite('rows that are nearly others');

s('are those that share so many of their 3-grams of words', async () => {
  const text = words('w', 22); // 20 3-grams
  const changed = text.with(10, 'other').join(' '); // 17 stay, of 23 in all
  for (const [share, rows] of [
    [0.73, 1],
    [0.75, 0],
  ] as const)
    assert.is(await countNear([text.join(' ')], [changed], share, next), rows, `${share}`);
  assert.is(await countNear(['W0, w1. w2\u00ad – w3!'], ['w0 w1 w2 w3'], 1, next), 1);
  assert.is(await countNear(['two words'], ['two words'], 0.5, next), 0, 'too short to say');
  assert.is(await countNear([text.join(' ')], [text.toReversed().join(' ')], 0.05, next), 0);
});

s('are found as comparing each with each would', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.nat(5), { minLength: 3, maxLength: 12 }), { minLength: 1, maxLength: 4 }),
      fc.array(fc.array(fc.nat(5), { minLength: 3, maxLength: 12 }), { minLength: 1, maxLength: 4 }),
      fc.constantFrom(0.5, 0.7, 0.9),
      async (test, train, share) => {
        const grams = (tokens: readonly number[]) =>
          new Set(tokens.slice(2).map((_, i) => tokens.slice(i, i + 3).join()));
        const near = (a: Set<string>, b: Set<string>) => {
          const both = [...a].filter((gram) => b.has(gram)).length;
          return both / (a.size + b.size - both) >= share;
        };
        const sides = train.map(grams);
        const expected = test.map(grams).filter((a) => sides.some((b) => near(a, b))).length;
        const print = (rows: number[][]) => rows.map((tokens) => tokens.map((n) => `w${n}`).join(' '));
        assert.is(await countNear(print(test), print(train), share, next), expected);
      },
    ),
  ),
);

s('attack 96: thousands that are all alike cost no more work than others', async () => {
  let looked = 0;
  const counting = function* (rows: number) {
    for (let i = 0; i < rows; i++) {
      looked++;
      yield words('same', 40).join(' ');
    }
  };
  const steps = async (rows: number) => {
    let taken = 0;
    const found = await countNear(counting(rows), counting(rows), 0.5, async () => {
      taken++;
    });
    assert.ok(found > 0 && found <= rows);
    return taken;
  };
  const [once, twice] = [await steps(2000), await steps(4000)];
  assert.ok(twice <= 2 * once + 1, `${once} ${twice}`);
  assert.is(looked, 12_000, 'each text is read once');
  const alike = (rows: number) => Array<string>(rows).fill(words('same', 40).join(' '));
  await assertLinear('texts that are alike', 400, alike, (texts) => countNear(texts, texts, 0.5, async () => {}));
});

s.run();
