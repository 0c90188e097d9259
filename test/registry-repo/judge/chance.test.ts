import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MACRO } from '../../../registry-repo/averaging.ts';
import type { Averaging } from '../../../registry-repo/f1.ts';
import { aheadOfTrivial } from '../../../registry-repo/judge/chance.ts';
import { poisson } from '../../../registry-repo/judge/poisson.ts';
import { bestTrivial } from '../../../registry-repo/judge/trivial.ts';
import { Random } from '../../../registry-repo/random.ts';

const LABELS = ['fraud', 'ok'];
const FRAUD: Averaging = { average: 'binary', positive: 'fraud' };
const ahead = (confusion: number[][], averaging: Averaging = MACRO, labels = LABELS) =>
  aheadOfTrivial(labels, confusion, averaging).ahead;

const trivial = suite('trivial answers');

trivial('the best one follows from the measure and from how common labels are', () => {
  const best = (truth: number[], averaging: Averaging) => {
    const { name, f1 } = bestTrivial(
      LABELS,
      truth.map((n) => [n, 0]),
      averaging,
    );
    return [name, f1.toFixed(6)];
  };
  assert.equal(best([80, 920], MACRO), ['drawn by label shares', '0.500000'], 'always "ok" has 0.479167');
  assert.equal(best([80, 920], FRAUD), ['always "fraud"', (0.16 / 1.08).toFixed(6)]);
  assert.equal(best([80, 920], { average: 'weighted', positive: null })[0], 'always "ok"');
  assert.equal(best([0, 0], MACRO)[1], '0.000000', 'no rows, no score');
});

const chance = suite('whether a candidate beats chance');

chance('a model that gives one label, or none of its own making, never does', () => {
  assert.is(
    ahead([
      [0, 80],
      [0, 920],
    ]),
    0,
  );
  const alwaysFraud = [
    [80, 0],
    [920, 0],
  ];
  assert.is(ahead(alwaysFraud, FRAUD), 0, 'though it finds every fraud');
  for (const labels of [2, 5]) {
    const even = Array.from({ length: labels }, () => new Array<number>(labels).fill(40));
    const names = even.map((_, k) => `label ${k}`);
    assert.ok(ahead(even, MACRO, names) < 0.7);
  }
});

chance('a model that reads its texts does, by any measure', () => {
  const good = [
    [60, 20],
    [20, 900],
  ];
  for (const averaging of [MACRO, FRAUD, { average: 'weighted', positive: null } as const])
    assert.is(ahead(good, averaging), 1, averaging.average);
  const few = [
    [4, 6],
    [6, 74],
  ];
  assert.ok(ahead(few) < 1, 'of few rows, less is sure');
});

chance('answers drawn by label shares are taken for better about as rarely as was agreed', () => {
  const random = Random.named('drawn answers');
  let passes = 0;
  const rounds = 400;
  for (let round = 0; round < rounds; round++) {
    const counts = [
      [0, 0],
      [0, 0],
    ];
    for (let row = 0; row < 800; row++) {
      const truth = random.chance(0.2) ? 0 : 1;
      const answer = random.chance(0.2) ? 0 : 1;
      (counts[truth] as number[])[answer]!++;
    }
    if (ahead(counts) >= 0.95) passes++;
  }
  assert.ok(passes <= 0.08 * rounds, `${passes} of ${rounds}`);
  assert.ok(passes >= 0.01 * rounds, `${passes} of ${rounds}: it could hardly be passed at all`);
});

chance('who judges again finds the same, and many different counts take fewer samples', () => {
  const counts = [
    [30, 50],
    [40, 880],
  ];
  assert.equal(
    aheadOfTrivial(LABELS, counts, MACRO).ahead,
    aheadOfTrivial(LABELS, structuredClone(counts), MACRO).ahead,
  );
  assert.is(aheadOfTrivial(LABELS, counts, MACRO).samples, 2000);
  const many = Array.from({ length: 100 }, () => new Array<number>(100).fill(1));
  const names = many.map((_, k) => String(k));
  assert.is(aheadOfTrivial(names, many, MACRO).samples, Math.floor(4_000_000 / 10_001));
});

chance('Poisson counts have the mean and variance that they should', () => {
  const random = Random.named('poisson');
  for (const mean of [1, 7, 400, 250_000]) {
    const draw = poisson(mean);
    const drawn = Array.from({ length: 4000 }, () => draw(random.bits() / 2 ** 32));
    const average = drawn.reduce((a, b) => a + b, 0) / drawn.length;
    const variance = drawn.reduce((a, b) => a + (b - average) ** 2, 0) / drawn.length;
    assert.ok(Math.abs(average - mean) < 5 * Math.sqrt(mean / drawn.length), `${average} of ${mean}`);
    assert.ok(Math.abs(variance / mean - 1) < 0.15, `${variance} of ${mean}`);
  }
});

trivial.run();
chance.run();
