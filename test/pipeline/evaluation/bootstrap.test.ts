import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bootstrapF1 } from '../../../pipeline/evaluation/bootstrap.ts';
import { labelF1Interval } from '../../../pipeline/evaluation/intervals.ts';

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
  assert.equal(same?.difference, { low: 0, high: 0 });
  const better = bootstrapF1(labels, { truth, predicted: [truth, predicted] }, binary, 'a');
  assert.ok((better?.difference?.low ?? 0) > 0);
});

bootstrap('no rows, no interval', () =>
  assert.is(bootstrapF1(labels, { truth: [], predicted: [[]] }, binary, 'a'), null),
);

bootstrap.run();
