import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { labelMetrics, metricsOf } from '../../../pipeline/evaluation/metrics.ts';
import { probabilityMetrics } from '../../../pipeline/evaluation/probabilities.ts';
import { MalformedCountsError } from '../../../registry-repo/f1.ts';

const matrix = (most = 6) =>
  fc
    .integer({ min: 2, max: most })
    .chain((k) => fc.array(fc.array(fc.nat(500), { minLength: k, maxLength: k }), { minLength: k, maxLength: k }));
const named = (counts: readonly unknown[]) => counts.map((_, k) => `l${k}`);
const near = (a: number | undefined, b: number | undefined, what = '') =>
  assert.ok(Math.abs((a ?? Number.NaN) - (b ?? Number.NaN)) < 1e-12, `${what}: ${a} and ${b}`);

const metrics = suite('metrics of counts');

metrics('every figure is finite and in its range, whatever the counts', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        matrix(),
        fc.constant<number[][]>([
          [0, 0],
          [0, 0],
        ]),
        fc.constant<number[][]>([
          [7, 0],
          [0, 0],
        ]),
      ),
      (counts) => {
        for (const [name, value] of Object.entries(metricsOf(named(counts), counts)))
          assert.ok(
            value >= (name === 'mcc' || name === 'kappa' ? -1 - 1e-12 : 0) && value <= 1 + 1e-12,
            `${name} ${value}`,
          );
      },
    ),
  );
});

metrics('the order of the labels changes no mean', () => {
  fc.assert(
    fc.property(matrix(), (counts) => {
      const labels = named(counts);
      const back = [...counts].reverse().map((row) => [...row].reverse());
      const [a, b] = [metricsOf(labels, counts), metricsOf([...labels].reverse(), back)];
      for (const name of Object.keys(a))
        if (!['precision', 'recall', 'f1'].includes(name)) near(a[name], b[name], name);
    }),
  );
});

metrics('swapping truth and answers swaps precision and recall, and leaves F1, MCC and kappa', () => {
  fc.assert(
    fc.property(matrix(), (counts) => {
      const swapped = counts.map((_, i) => counts.map((row) => row[i] as number));
      const [a, b] = [metricsOf(named(counts), counts), metricsOf(named(counts), swapped)];
      near(a.precision_macro, b.recall_macro);
      for (const name of ['f1_macro', 'mcc', 'kappa', 'accuracy']) near(a[name], b[name], name);
    }),
  );
});

metrics('with every count tenfold the figures stay', () => {
  fc.assert(
    fc.property(matrix(), (counts) => {
      const [a, b] = [counts, counts.map((row) => row.map((n) => n * 10))].map((c) => metricsOf(named(c), c));
      for (const name of Object.keys(a ?? {})) near(a?.[name], b?.[name], name);
    }),
  );
});

metrics('all right is 1 everywhere; two labels always mistaken for each other are −1', () => {
  const perfect = metricsOf(
    ['a', 'b', 'c'],
    [
      [3, 0, 0],
      [0, 4, 0],
      [0, 0, 5],
    ],
  );
  assert.equal(
    Object.entries(perfect).filter(([, value]) => value !== 1),
    [],
  );
  const opposite = metricsOf(
    ['a', 'b'],
    [
      [0, 5],
      [5, 0],
    ],
    'a',
  );
  assert.equal([opposite.mcc, opposite.kappa, opposite.f1], [-1, -1, 0]);
});

metrics('binary figures are of the label that is named, and there are none without one', () => {
  const counts = [
    [50, 10],
    [5, 35],
  ];
  const pos = metricsOf(['neg', 'pos'], counts, 'pos');
  near(pos.precision, 35 / 45);
  near(pos.recall, 35 / 40);
  near(pos.f1, 70 / 85);
  assert.is(pos['f1[pos]'], pos.f1);
  near(metricsOf(['neg', 'pos'], counts, 'neg').f1, 100 / 115);
  assert.not.ok('f1' in metricsOf(['neg', 'pos'], counts), 'no label counts more because of its place');
});

metrics('a label with any name has its figures, also one that objects have already', () => {
  const given = metricsOf(
    ['__proto__', 'macro'],
    [
      [3, 1],
      [0, 4],
    ],
  );
  near(given['recall[__proto__]'], 0.75);
  near(given['recall[macro]'], 1);
  assert.equal(
    labelMetrics(
      ['__proto__', 'macro'],
      [
        [3, 1],
        [0, 4],
      ],
    ).map(({ label, rows }) => [label, rows]),
    [
      ['__proto__', 4],
      ['macro', 4],
    ],
  );
});

metrics('counts that fit no labels are refused', () => {
  for (const counts of [[[1, 2]], [[1], [2]], []])
    assert.throws(
      () => metricsOf(['a', 'b'], counts),
      (e: unknown) => e instanceof MalformedCountsError,
    );
});

const answers = fc
  .array(fc.tuple(fc.nat(1), fc.integer({ min: 0, max: 20 })), { minLength: 2, maxLength: 60 })
  .map((rows) => ({
    truth: rows.map(([y]) => y),
    probabilities: rows.flatMap(([, p]) => [1 - p / 20, p / 20]),
    labels: 2,
  }));

const ranking = suite('metrics of probabilities');

ranking('ROC AUC is the share of pairs in the right order, ties counting half', () => {
  fc.assert(
    fc.property(answers, (given) => {
      const score = (i: number) => given.probabilities[2 * i + 1] as number;
      let [pairs, won] = [0, 0];
      given.truth.forEach((a, i) => {
        given.truth.forEach((b, j) => {
          if (a !== 1 || b !== 0) return;
          pairs++;
          won += score(i) > score(j) ? 1 : score(i) === score(j) ? 0.5 : 0;
        });
      });
      const { roc_auc } = probabilityMetrics(given);
      if (pairs === 0) assert.is(roc_auc, undefined);
      else near(roc_auc, won / pairs);
    }),
  );
});

ranking('the order of the rows changes nothing', () => {
  fc.assert(
    fc.property(answers, (given) => {
      const back = {
        truth: [...given.truth].reverse(),
        probabilities: given.truth.flatMap((_, i) =>
          given.probabilities.slice(2 * (given.truth.length - 1 - i)).slice(0, 2),
        ),
        labels: 2,
      };
      const [a, b] = [probabilityMetrics(given), probabilityMetrics(back)];
      assert.equal(Object.keys(a), Object.keys(b));
      for (const name of Object.keys(a)) near(a[name], b[name], name);
    }),
  );
});

ranking('nothing is said of no rows, and a certain mistake costs a finite loss', () => {
  assert.equal(probabilityMetrics({ truth: [], probabilities: [], labels: 2 }), {});
  assert.ok(Number.isFinite(probabilityMetrics({ truth: [1], probabilities: [1, 0], labels: 2 }).log_loss));
});

metrics.run();
ranking.run();
