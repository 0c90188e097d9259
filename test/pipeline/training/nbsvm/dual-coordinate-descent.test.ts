import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type Epoch,
  fitLinear,
  type Linear,
  scoresOf,
} from '../../../../pipeline/training/nbsvm/dual-coordinate-descent.ts';
import { LOSSES } from '../../../../pipeline/training/nbsvm/losses.ts';
import { dual, fit, type LossName, lossOf, primal, problemOf, type Small, scores } from '../../../support/linear.ts';
import { fixture } from '../../../support/paths.ts';

type Optimum = { loss: LossName; cost: number; weight: number[]; bias: number; objective: number };
const references: (Small & { optima: Optimum[] })[] = JSON.parse(
  readFileSync(fixture('nbsvm/references.json'), 'utf8'),
).linear;

const NAMES = ['logistic', 'hinge', 'squared-hinge'] as const;
const close = (actual: number, expected: number, within: number, what: string) =>
  assert.ok(Math.abs(actual - expected) <= within, `${what}: ${actual} instead of ${expected}`);

const descent = suite('dual coordinate descent');

for (const name of NAMES)
  descent(`${name}: the weights, bias and objective of scikit-learn`, () => {
    for (const small of references)
      for (const { loss, cost, weight, bias, objective } of small.optima) {
        if (loss !== name) continue;
        const model = fit(small, loss, cost);
        const what = `${loss}, C = ${cost}, ${small.rows.length} rows`;
        const size = Math.max(...weight.map(Math.abs), Math.abs(bias));
        close(primal(small, loss, cost, model), objective, 1e-5 * objective, `${what}, objective`);
        weight.forEach((w, i) => {
          close(model.weight[i] as number, w, 3e-5 * size, `${what}, weight ${i}`);
        });
        close(model.bias, bias, 3e-5 * size, `${what}, bias`);
      }
  });

/** Rows of distinct columns; labels and ratios at random, some of them 0. */
const smalls: fc.Arbitrary<Small> = fc.integer({ min: 1, max: 12 }).chain((width) =>
  fc
    .record({
      labelled: fc.array(fc.tuple(fc.uniqueArray(fc.nat(width - 1), { maxLength: width }), fc.constantFrom(0, 1)), {
        minLength: 1,
        maxLength: 25,
      }),
      ratio: fc.array(fc.double({ min: -3, max: 3, noNaN: true }).map(rounded), { minLength: width, maxLength: width }),
    })
    .map(({ labelled, ratio }) => ({
      width,
      ratio,
      rows: labelled.map(([row]) => row),
      inside: labelled.map(([, inside]) => inside),
    })),
);

/** A number that 32 bits hold, and whose square they hold, too. */
const rounded = (ratio: number): number => (Math.abs(ratio) < 1e-3 ? 0 : Math.fround(ratio));

const costs = fc.constantFrom(0.01, 0.3, 1, 5);

for (const name of ['logistic', 'squared-hinge'] as const)
  descent(`${name}: no duality gap is left`, () => {
    void fc.assert(
      fc.property(smalls, costs, (small, cost) => {
        const model = fit(small, name, cost);
        const [above, below] = [primal(small, name, cost, model), dual(small, name, cost, model)];
        assert.ok(above - below >= -1e-6 * (1 + above), `the dual, ${below}, is above the primal, ${above}`);
        assert.ok(above - below <= 1e-4 * (1 + above), `gap from ${below} to ${above}`);
      }),
      { numRuns: 150 },
    );
  });

descent('with scores that are there already: no small step of what is added to them makes the loss smaller', () => {
  const small = references[0] as Small;
  const offset = Float64Array.from(small.rows, (_, row) => Math.sin(row) * 2);
  const cost = 3;
  const loss = (model: Linear) => {
    const errors = scores(small, model).map((score, row) => {
      const margin = score + (offset[row] as number);
      return lossOf('logistic', small.inside[row] ? margin : -margin);
    });
    return primal(small, 'logistic', 0, model) + cost * errors.reduce((sum, error) => sum + error, 0);
  };
  const model = fitLinear(problemOf(small, 'logistic', { cost, offset }));
  const best = loss(model);
  for (const step of [1e-2, -1e-2]) {
    assert.ok(loss({ ...model, bias: model.bias + step }) > best);
    small.ratio.forEach((ratio, column) => {
      if (ratio === 0) return;
      const weight = model.weight.slice();
      weight[column] = (weight[column] as number) + step;
      assert.ok(loss({ ...model, weight }) > best, `weight ${column}`);
    });
  }
  const without = fit(small, 'logistic', cost);
  assert.ok(loss(without) > best, 'it is not the model without them');
});

descent('what the duality test measures is a gap: it is open before convergence', () => {
  const small = references[0] as Small;
  const early = fitLinear(problemOf(small, 'logistic', { cost: 10, epochs: 1 }));
  assert.ok(primal(small, 'logistic', 10, early) - dual(small, 'logistic', 10, early) > 0.01);
});

descent('hinge: no step from the optimum makes the objective smaller', () => {
  void fc.assert(
    fc.property(smalls, costs, fc.infiniteStream(fc.double({ min: -1, max: 1, noNaN: true })), (small, cost, noise) => {
      const model = fit(small, 'hinge', cost);
      const best = primal(small, 'hinge', cost, model);
      for (const size of [1e-3, 1e-2, 0.1]) {
        const draw = () => size * (noise.next().value as number);
        const weight = model.weight.map((w, i) => (small.ratio[i] === 0 ? w : w + draw()));
        const moved = { weight, bias: model.bias + draw() };
        assert.ok(primal(small, 'hinge', cost, moved) >= best - 1e-4 * (1 + best));
      }
    }),
    { numRuns: 150 },
  );
});

descent('tells of every pass, converges, and stops there', () => {
  for (const name of NAMES) {
    const epochs: Epoch[] = [];
    fitLinear(problemOf(references[1] as Small, name, { tolerance: 0.01, onEpoch: (epoch) => epochs.push(epoch) }));
    assert.equal(
      epochs.map(({ epoch }) => epoch),
      [...epochs.keys()],
    );
    assert.ok(epochs.length < 200, `${name} took ${epochs.length} passes`);
    for (const { converged, violation, mistakes } of epochs.slice(0, -1)) {
      assert.is(converged, false);
      assert.ok(violation > 0.01);
      assert.ok(mistakes >= 0 && mistakes <= 1);
    }
    assert.is(epochs.at(-1)?.converged, true);
    assert.ok((epochs.at(-1) as Epoch).violation <= 0.01);
  }
});

descent('makes no more passes than it may', () => {
  const epochs: Epoch[] = [];
  fitLinear(problemOf(references[1] as Small, 'logistic', { epochs: 3, onEpoch: (epoch) => epochs.push(epoch) }));
  assert.equal(
    epochs.map(({ converged }) => converged),
    [false, false, false],
  );
});

descent('learns from its rows alone, and scores others', () => {
  const small = references[1] as Small;
  const half = { ...small, rows: small.rows.slice(0, 40), inside: small.inside.slice(0, 40) };
  const problem = problemOf(small, 'logistic', { rows: Int32Array.from({ length: 40 }, (_, i) => i) });
  const model = fitLinear(problem);
  assert.equal([...model.weight], [...fit(half, 'logistic', 1).weight]);
  const others = Int32Array.of(79, 0, 41);
  const expected = scores(small, model);
  scoresOf(problem, model, others).forEach((score, i) => {
    close(score, expected[others[i] as number] as number, 1e-6, `row ${others[i]}`);
  });
});

descent('one class only, no columns, or one row: finite numbers', () => {
  for (const name of NAMES)
    for (const inside of [[1, 1], [0, 0], [1]]) {
      const rows = inside.map(() => [] as number[]);
      for (const small of [
        { rows, width: 0, ratio: [], inside },
        { rows: inside.map(() => [0]), width: 1, ratio: [0], inside },
        { rows: inside.map(() => [0]), width: 1, ratio: [0.5], inside },
      ]) {
        const model = fit(small, name, 100);
        assert.ok([...model.weight, model.bias].every(Number.isFinite));
        for (const score of scores(small, model)) assert.is(score > 0, inside[0] === 1);
      }
    }
});

descent.run();

const losses = suite('losses');

losses('the new dual variable is best while all others stay', () => {
  const cases = fc.record({
    cost: fc.constantFrom(1e-6, 0.01, 1, 100, 1e6),
    share: fc.double({ min: 1e-12, max: 1 - 1e-12, noNaN: true }),
    squaredLength: fc.constantFrom(1, 2),
    margin: fc.double({ min: -60, max: 60, noNaN: true }),
  });
  void fc.assert(
    fc.property(cases, ({ cost, share, squaredLength, margin }) => {
      const alpha = share * cost;
      for (const name of NAMES) {
        const next = LOSSES[name].update(alpha, squaredLength, margin, cost);
        const most = name === 'squared-hinge' ? Number.POSITIVE_INFINITY : cost;
        assert.ok(next >= 0 && next <= most, `${name}: ${next} for a cost of ${cost}`);
        const slope = slopeOf(name, next, cost) + squaredLength * (next - alpha) + margin;
        // Next to the cost, a logarithm of what is left of it is as exact as that difference of two floats.
        const exact = name === 'logistic' ? (Number.EPSILON * cost) / (cost - next) : 0;
        const scale = 1e-6 * (1 + Math.abs(margin) + cost) + 2 * exact;
        if (next > 0 && next < cost * (1 - 1e-9))
          assert.ok(Math.abs(slope) <= scale, `${name}: slope ${slope} at ${next}`);
        else if (next === 0) assert.ok(slope >= -scale, `${name}: slope ${slope} at 0`);
        else assert.ok(slope <= scale, `${name}: slope ${slope} at the cost`);
      }
    }),
    { numRuns: 2000 },
  );
});

/** d/dα of the loss's part of the dual. */
function slopeOf(name: LossName, alpha: number, cost: number): number {
  if (name === 'logistic') return Math.log(alpha / (cost - alpha));
  return name === 'hinge' ? -1 : alpha / (2 * cost) - 1;
}

losses.run();
