import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SweepDefinition } from '../../../pipeline/sweep/definition.ts';
import { SweepError } from '../../../pipeline/sweep/errors.ts';
import { sweepId } from '../../../pipeline/sweep/identity.ts';
import { pointsOf } from '../../../pipeline/sweep/points.ts';

const define = (over: object) => SweepDefinition.parse({ trainer: 'nbsvm', ...over });

const s = suite('points of a sweep');

s('a grid has every combination once, the last parameter fastest', () =>
  fc.assert(
    fc.property(
      fc.array(fc.uniqueArray(fc.integer(), { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 }),
      (lists) => {
        const parameters = Object.fromEntries(lists.map((values, i) => [`p${i}`, values]));
        const points = pointsOf(define({ parameters }));
        assert.is(
          points.length,
          lists.reduce((n, list) => n * list.length, 1),
        );
        assert.is(new Set(points.map(({ chosen }) => JSON.stringify(chosen))).size, points.length);
        assert.equal(
          points.map(({ index }) => index),
          [...points.keys()],
        );
        const last = lists.at(-1) as number[];
        assert.equal(
          points.slice(0, last.length).map(({ chosen }) => chosen[`p${lists.length - 1}`]),
          last,
        );
      },
    ),
  ),
);

s('random points lie in their ranges, are the same for the same seed, and others for another', () =>
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), fc.boolean(), fc.boolean(), (seed, log, integer) => {
      const parameters = { cost: { from: 1, to: 1000, log, integer }, kind: ['a', 'b'] };
      const at = (by: number) => pointsOf(define({ parameters, search: { kind: 'random', points: 20, seed: by } }));
      const points = at(seed);
      for (const { chosen } of points) {
        const cost = chosen.cost as number;
        assert.ok(cost >= 1 && cost <= 1000 && (!integer || Number.isInteger(cost)));
        assert.ok(chosen.kind === 'a' || chosen.kind === 'b');
      }
      assert.equal(at(seed), points);
      assert.not.equal(at((seed + 1) >>> 0), points);
    }),
  ),
);

s('a grid takes both ends of a range and equal steps between, by factors where it is logarithmic', () => {
  const values = (range: object) => pointsOf(define({ parameters: { x: range } })).map(({ chosen }) => chosen.x);
  assert.equal(values({ from: 0, to: 1, steps: 5 }), [0, 0.25, 0.5, 0.75, 1]);
  assert.equal(values({ from: 1, to: 1000, steps: 4, log: true }), [1, 10, 100, 1000]);
  assert.equal(values({ from: 1, to: 3, steps: 9, integer: true }), [1, 2, 3]);
});

s('paths reach into settings, beside those that all points share', () => {
  const [point] = pointsOf(define({ parameters: { 'sizes.width': [8] }, config: { sizes: { heads: 2 }, epochs: 1 } }));
  assert.equal(point?.config, { sizes: { heads: 2, width: 8 }, epochs: 1 });
});

s('no point is there twice, and a small space is searched to its end', () => {
  assert.is(pointsOf(define({ parameters: { cost: [1, 1, 2], order: [{ a: 1 }, { a: 1 }] } })).length, 2);
  const drawn = pointsOf(
    define({ parameters: { x: [1, 2, 3], y: [true, false] }, search: { kind: 'random', points: 50 } }),
  );
  assert.is(drawn.length, 6);
  assert.is(new Set(drawn.map(({ chosen }) => JSON.stringify(chosen))).size, 6);
});

s('numbers stay in their range, and whole ones are not rounded to six digits', () => {
  const values = (range: object) =>
    pointsOf(define({ parameters: { x: range }, search: { kind: 'random', points: 200 } })).map((p) =>
      Number(p.chosen.x),
    );
  for (const x of values({ from: 0.12345678, to: 0.12345679 })) assert.ok(x >= 0.12345678 && x <= 0.12345679);
  assert.ok(new Set(values({ from: 1e9, to: 1e9 + 50, integer: true })).size > 10);
});

s('what cannot be is refused', () => {
  const five = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((n) => [n, [1, 2, 3, 4, 5, 6, 7]]));
  assert.throws(
    () => pointsOf(define({ parameters: five })),
    (e: unknown) => e instanceof SweepError,
  );
  for (const parameters of [
    {},
    { x: [] },
    { x: 3 },
    { x: { from: 0, to: 1 } },
    { x: { from: 2, to: 1, steps: 2 } },
    { x: { from: 0, to: 1, steps: 2, log: true } },
    { x: { from: 0.4, to: 0.6, steps: 2, integer: true } },
    { x: { from: 0, to: 1, steps: 2, stepz: 2 } },
    { 'a..b': [1] },
    { a: [1], 'a.b': [1] },
    { __proto__x: 1 },
  ])
    assert.not(SweepDefinition.safeParse({ trainer: 'nbsvm', parameters }).success, JSON.stringify(parameters));
  assert.not(SweepDefinition.safeParse({ trainer: 'nbsvm', parameters: { a: [1] }, config: { a: 2 } }).success);
});

s('a sweep is the same by what it tries, not by how many at a time', () => {
  const rest = { model: 'm', seed: 1, data: { kind: 'sample' } };
  const id = (over: object, more: object = {}) => {
    const definition = define({ parameters: { cost: [1, 2] }, ...over });
    return sweepId({ definition, points: pointsOf(definition) }, { ...rest, ...more });
  };
  assert.is(id({ parallel: 4, memoryMegabytes: 900 }), id({}));
  assert.is.not(id({ validationShare: 0.1 }), id({}));
  assert.is.not(id({}, { seed: 2 }), id({}));
  assert.match(id({}), /^[0-9a-f]{12}$/);
});

s.run();
