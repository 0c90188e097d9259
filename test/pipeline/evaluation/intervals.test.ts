import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  f1Interval,
  intervalsOf,
  labelF1Interval,
  meanF1Interval,
  pairedInterval,
  wilson,
} from '../../../pipeline/evaluation/intervals.ts';
import { metricsOf } from '../../../pipeline/evaluation/metrics.ts';

const near = (a: number | undefined, b: number, tolerance: number) =>
  assert.ok(Math.abs((a ?? Number.NaN) - b) <= tolerance, `${a}, not ${b}`);

/** Numbers in [0, 1), the same every time (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Counts of `rows` draws, each cell as likely as `shares` says. */
function draw(shares: readonly (readonly number[])[], rows: number, next: () => number): number[][] {
  const counts = shares.map((row) => row.map(() => 0));
  for (let n = 0; n < rows; n++) {
    let left = next();
    search: for (const [i, row] of shares.entries())
      for (const [j, p] of row.entries()) {
        left -= p;
        if (left >= 0) continue;
        (counts[i] as number[])[j]!++;
        break search;
      }
  }
  return counts;
}

const labels = (k: number) => Array.from({ length: k }, (_, i) => `l${i}`);
const three = [
  [0.25, 0.03, 0.02],
  [0.04, 0.3, 0.06],
  [0.01, 0.04, 0.25],
];
const two = [
  [0.42, 0.06],
  [0.04, 0.48],
];

const intervals = suite('intervals');

intervals('hold what was measured, inside [0, 1], and shrink with more rows', () => {
  const matrix = fc
    .integer({ min: 2, max: 5 })
    .chain((k) => fc.array(fc.array(fc.nat(300), { minLength: k, maxLength: k }), { minLength: k, maxLength: k }));
  fc.assert(
    fc.property(matrix, (counts) => {
      const names = labels(counts.length);
      const measured = metricsOf(names, counts);
      const more = intervalsOf(
        names,
        counts.map((row) => row.map((n) => n * 4)),
      );
      for (const [name, { low, high }] of Object.entries(intervalsOf(names, counts))) {
        const value = measured[name] as number;
        assert.ok(
          low >= 0 && low <= value + 1e-12 && value <= high + 1e-12 && high <= 1,
          `${name} ${low} ${value} ${high}`,
        );
        const narrow = more[name] ?? { low: 0, high: 1 };
        assert.ok(narrow.high - narrow.low <= high - low + 1e-12, `${name} is wider with more rows`);
      }
    }),
  );
});

intervals('hold the true figure 95 times in 100', () => {
  for (const [shares, rows] of [
    [two, 400],
    [three, 400],
    [two, 60],
  ] as const) {
    const next = random(7);
    const names = labels(shares.length);
    const truth = metricsOf(
      names,
      shares.map((row) => row.map((p) => Math.round(p * 10_000))),
    );
    const [times, held] = [2000, new Map<string, number>()];
    for (let n = 0; n < times; n++)
      for (const [name, { low, high }] of Object.entries(intervalsOf(names, draw(shares, rows, next))))
        if (low <= (truth[name] as number) && (truth[name] as number) <= high)
          held.set(name, (held.get(name) ?? 0) + 1);
    assert.ok(held.size >= 4);
    for (const [name, count] of held)
      assert.ok(count / times > 0.93 && count / times < 0.97, `${name} of ${rows} rows: ${count / times}`);
  }
});

intervals('the delta method has the slopes of F1 itself', () => {
  // The same variance from slopes taken numerically, cell by cell.
  const rows = 1000;
  const counts = three.map((row) => row.map((p) => p * rows));
  const f1 = (shares: readonly (readonly number[])[], average: 'macro' | 'weighted') => {
    const total = shares.flat().reduce((a, b) => a + b, 0);
    const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
    return sum(
      shares.map((row, k) => {
        const truth = sum(row);
        const both = truth + sum(shares.map((other) => other[k] as number));
        return ((average === 'macro' ? 1 / shares.length : truth / total) * 2 * (row[k] as number)) / both;
      }),
    );
  };
  for (const average of ['macro', 'weighted'] as const) {
    let [first, second] = [0, 0];
    const step = 1e-6;
    three.forEach((row, i) => {
      row.forEach((p, j) => {
        const moved = (by: number) => three.map((r, a) => r.map((q, b) => (a === i && b === j ? q + by : q)));
        const slope = (f1(moved(step), average) - f1(moved(-step), average)) / (2 * step);
        first += p * slope;
        second += p * slope * slope;
      });
    });
    const width = 2 * 1.959963984540054 * Math.sqrt((second - first * first) / rows);
    const interval = meanF1Interval(labels(3), counts, average);
    near((interval?.high ?? 0) - (interval?.low ?? 0), width, 1e-8);
  }
});

intervals('a perfect score is no certainty, and nothing at all is said of no rows', () => {
  const perfect = [
    [20, 0],
    [0, 20],
  ];
  near(labelF1Interval(perfect, 1)?.high, 1, 0);
  assert.ok((labelF1Interval(perfect, 1)?.low ?? 1) < 0.95);
  assert.ok((wilson(40, 40)?.low ?? 1) < 0.95);
  assert.is(meanF1Interval(['a', 'b'], perfect, 'macro'), null, 'the delta method would say: certain');
  assert.equal(
    intervalsOf(
      ['a', 'b'],
      [
        [0, 0],
        [0, 0],
      ],
    ),
    {},
  );
});

intervals('of the F1 that a policy names, and none for counts or labels that do not fit', () => {
  const counts = [
    [40, 10],
    [5, 45],
  ];
  const names = ['neg', 'pos'];
  assert.equal(f1Interval(names, counts, { average: 'binary', positive: 'neg' }), labelF1Interval(counts, 0));
  assert.equal(f1Interval(names, counts, { average: 'binary', positive: 'pos' }), labelF1Interval(counts, 1));
  assert.equal(f1Interval(names, counts, { average: 'macro', positive: null }), meanF1Interval(names, counts, 'macro'));
  assert.is(f1Interval(names, counts, { average: 'binary', positive: 'none' }), null);
  for (const bad of [[], [[1, 2]], [[1], [2]]])
    assert.is(f1Interval(names, bad, { average: 'macro', positive: null }), null);
});

intervals('of paired shares hold the difference, swap with the models, and narrow with the rows', () => {
  assert.is(pairedInterval(0, 0, 0), null);
  fc.assert(
    fc.property(fc.nat(500), fc.nat(500), fc.nat(500), (won, lost, others) => {
      const rows = won + lost + others;
      const found = pairedInterval(won, lost, rows);
      if (!found) return;
      assert.ok(found.low >= -1 && found.high <= 1 && found.low < found.high);
      assert.ok(found.low <= (won - lost) / rows && (won - lost) / rows <= found.high);
      const swapped = pairedInterval(lost, won, rows);
      assert.ok(Math.abs((swapped?.low ?? 0) + found.high) < 1e-12);
      const more = pairedInterval(10 * won, 10 * lost, 10 * rows);
      assert.ok((more?.high ?? 0) - (more?.low ?? 0) < found.high - found.low);
    }),
  );
});

intervals.run();
