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

s('what cannot be is refused', () => {
  const refused = (over: object) =>
    assert.throws(
      () => pointsOf(define(over)),
      (e: unknown) => e instanceof SweepError,
    );
  refused({ parameters: { x: { from: 0, to: 1 } } });
  refused({ parameters: Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((n) => [n, [1, 2, 3, 4, 5, 6, 7]])) });
  for (const parameters of [
    {},
    { x: [] },
    { x: { from: 2, to: 1 } },
    { x: { from: 0, to: 1, log: true } },
    { 'a..b': [1] },
    { __proto__x: 1 },
  ])
    assert.not(SweepDefinition.safeParse({ trainer: 'nbsvm', parameters }).success);
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
