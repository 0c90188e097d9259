import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fitSigmoid, type Sigmoid } from '../../../../pipeline/training/nbsvm/platt.ts';
import { fixture } from '../../../support/paths.ts';

type Case = { name: string; scores: number[]; inside: number[]; slope: number; offset: number; objective: number };
const cases: Case[] = JSON.parse(readFileSync(fixture('nbsvm/references.json'), 'utf8')).sigmoids;

const probability = ({ slope, offset }: Sigmoid, score: number): number =>
  1 / (1 + Math.exp(-(slope * score + offset)));
const fit = (scores: readonly number[], inside: readonly number[]) =>
  fitSigmoid(Float64Array.from(scores), Uint8Array.from(inside));

const platt = suite('platt scaling');

for (const { name, scores, inside, slope, offset } of cases)
  platt(`finds the optimum that scipy finds: ${name}`, () => {
    const found = fit(scores, inside);
    for (const score of scores) {
      const [ours, theirs] = [probability(found, score), probability({ slope, offset }, score)];
      assert.ok(Math.abs(ours - theirs) < 1e-5, `at ${score}: ${ours} instead of ${theirs}`);
    }
  });

platt('is monotone, upwards when the class scores higher', () => {
  for (const { name, scores, inside } of cases) {
    const found = fit(scores, inside);
    const rising = [...scores].sort((a, b) => a - b).map((score) => probability(found, score));
    const [first, last] = [rising[0] as number, rising.at(-1) as number];
    assert.is(last > first, name !== 'the wrong way round', name);
    rising.slice(1).forEach((p, i) => {
      assert.ok((p - (rising[i] as number)) * (last - first) >= 0, name);
    });
  }
});

const nearly = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 1e-3, `${actual} instead of ${expected}`);

platt('all scores equal: the smoothed share of the class', () => {
  const found = fit([2, 2, 2, 2, 2, 2], [1, 1, 0, 0, 0, 0]);
  // Each row's target is (2 + 1) / (2 + 2) in the class, 1 / (4 + 2) outside; their mean is best.
  nearly(probability(found, 2), (2 * (3 / 4) + 4 * (1 / 6)) / 6);
  nearly(probability(fit([0, 0, 0, 0], [1, 1, 1, 0]), 0), (3 * (4 / 5) + 1 / 3) / 4);
});

platt('perfectly apart: sure, but not beyond what so few rows can show', () => {
  const found = fit([-1, -1, -1, 1, 1, 1], [0, 0, 0, 1, 1, 1]);
  nearly(probability(found, 1), 4 / 5);
  nearly(probability(found, -1), 1 / 5);
});

platt('one class only, or no rows at all: finite numbers', () => {
  for (const [scores, inside] of [
    [
      [1, 2, 3],
      [1, 1, 1],
    ],
    [
      [1, 2, 3],
      [0, 0, 0],
    ],
    [[5], [1]],
    [[], []],
  ] as const) {
    const { slope, offset } = fit(scores, inside);
    assert.ok(Number.isFinite(slope) && Number.isFinite(offset), `${scores}`);
  }
});

platt('whatever the scores, the numbers are finite and no constant does better', () => {
  const row = fc.tuple(fc.double({ min: -1e4, max: 1e4, noNaN: true }), fc.constantFrom(0, 1));
  void fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 40 }), (rows) => {
      const found = fit(
        rows.map(([score]) => score),
        rows.map(([, inside]) => inside),
      );
      assert.ok(Number.isFinite(found.slope) && Number.isFinite(found.offset), JSON.stringify(found));
      const positives = rows.filter(([, inside]) => inside).length;
      const target = (inside: number) =>
        inside ? (positives + 1) / (positives + 2) : 1 / (rows.length - positives + 2);
      const share = rows.reduce((sum, [, inside]) => sum + target(inside), 0) / rows.length;
      const entropy = (p: (score: number) => number) =>
        rows.reduce((sum, [score, inside]) => {
          const q = Math.min(1 - 1e-15, Math.max(1e-15, p(score)));
          return sum - target(inside) * Math.log(q) - (1 - target(inside)) * Math.log(1 - q);
        }, 0);
      assert.ok(entropy((score) => probability(found, score)) <= entropy(() => share) + 1e-4 * rows.length);
    }),
    { numRuns: 300 },
  );
});

platt.run();
