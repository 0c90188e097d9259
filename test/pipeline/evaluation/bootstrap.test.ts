import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bootstrapF1, fewRows } from '../../../pipeline/evaluation/bootstrap.ts';
import { labelF1Interval } from '../../../pipeline/evaluation/intervals.ts';
import type { Averaging } from '../../../registry-repo/f1.ts';

const labels = ['neg', 'pos'];
const binary = { average: 'binary', positive: 'pos' } as const;
const truth = Array.from({ length: 400 }, (_, i) => i % 2);
const wrongEvery = (n: number) => truth.map((y, i) => (i % n === 0 ? 1 - y : y));

const bootstrap = suite('bootstrap of F1');

bootstrap('agrees with the interval from counts, within what sampling leaves open', () => {
  const predicted = wrongEvery(7);
  const confusion = [0, 1].map((t) => [0, 1].map((p) => truth.filter((y, i) => y === t && predicted[i] === p).length));
  const drawn = bootstrapF1(labels, { truth, predicted: [predicted] }, binary, 'a')?.each[0];
  const counted = labelF1Interval(confusion, 1);
  assert.ok(Math.abs((drawn?.low ?? 0) - (counted?.low ?? 1)) < 0.015);
  assert.ok(Math.abs((drawn?.high ?? 0) - (counted?.high ?? 1)) < 0.015);
});

bootstrap('the same seed gives the same interval, another seed another', () => {
  const of = (seed: string) => bootstrapF1(labels, { truth, predicted: [wrongEvery(7)] }, binary, seed);
  assert.equal(of('a'), of('a'));
  assert.not.equal(of('a'), of('b'));
});

bootstrap('of two models the same rows are drawn: two that answer alike differ by nothing', () => {
  const predicted = wrongEvery(7);
  const same = bootstrapF1(labels, { truth, predicted: [predicted, predicted] }, binary, 'a');
  assert.is(same?.difference, null, 'no width to tell');
  assert.equal(same?.each[0], same?.each[1]);
  const better = bootstrapF1(labels, { truth, predicted: [truth, predicted] }, binary, 'a');
  assert.ok((better?.difference?.low ?? 0) > 0);
});

bootstrap('no rows, no interval', () =>
  assert.is(bootstrapF1(labels, { truth: [], predicted: [[]] }, binary, 'a'), null),
);

bootstrap('what is always right gives no interval, as one from 1 to 1 would say that it is certain', () => {
  const perfect = bootstrapF1(labels, { truth, predicted: [truth, wrongEvery(7)] }, binary, 'a');
  assert.is(perfect?.each[0], null);
  assert.ok(perfect?.each[1]);
});

bootstrap('a label with fewer than ten rows gives none, and one without rows is no part of the mean', () => {
  const rows = (few: number) => Array.from({ length: 200 }, (_, i) => (i < few ? 0 : 1));
  const of = (few: number, averaging: Averaging) =>
    bootstrapF1(
      labels,
      { truth: rows(few), predicted: [rows(few).map((y, i) => (i % 9 ? y : 1 - y))] },
      averaging,
      'a',
    );
  const macro = { average: 'macro', positive: null } as const;
  assert.equal([of(9, macro), fewRows(labels, rows(9))], [null, ['neg']]);
  assert.equal([of(10, macro) !== null, fewRows(labels, rows(10))], [true, []]);
  const [alone] = of(0, macro)?.each ?? [];
  assert.ok((alone?.low ?? 0) > 0.85, 'of the one label that has rows, not half of it');
  assert.is(of(0, { average: 'binary', positive: 'neg' }), null, 'nothing is known of it');
});

bootstrap.run();
