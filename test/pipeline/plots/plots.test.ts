import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { meanCurve } from '../../../pipeline/evaluation/answer-counts.ts';
import { probabilityMetrics } from '../../../pipeline/evaluation/probabilities.ts';
import { roundTicks } from '../../../pipeline/plots/axes.ts';
import { calibrationError } from '../../../pipeline/plots/calibration.ts';
import { historyPlot, type Series } from '../../../pipeline/plots/history.ts';
import { counted, texts } from '../../support/plots.ts';

const rowsOf = (labels: number, largest = 1000) =>
  fc.array(
    fc.record({
      truth: fc.nat(labels - 1),
      weights: fc.array(fc.integer({ min: 1, max: largest }), { minLength: labels, maxLength: labels }),
    }),
    { minLength: 1, maxLength: 60 },
  );

const plots = suite('plots');

plots('curves and calibration agree with the figures of `pawl evaluate`', () => {
  fc.assert(
    // Weights so small that no two different probabilities share a threshold.
    fc.property(rowsOf(2, 8), (rows) => {
      const { counts, answers } = counted(['neg', 'pos'], rows);
      const metrics = probabilityMetrics(answers);
      const error = calibrationError(counts.calibration().bins);
      assert.ok(Math.abs(error - (metrics.ece_15 as number)) < 1e-6, `${error} ${metrics.ece_15}`);
      const [curve] = counts.curves();
      if (metrics.average_precision === undefined || !curve) return;
      assert.ok(Math.abs(curve.averagePrecision - metrics.average_precision) < 1e-9);
      assert.ok(Math.abs((curve.points.at(-1)?.recall ?? 0) - 1) < 1e-12);
      assert.ok(Math.abs((curve.points.at(-1)?.precision ?? 0) - curve.prevalence) < 1e-12);
    }),
  );
});

plots('a perfect model’s curve stays at the top, and its mean over labels too', () => {
  const rows = Array.from({ length: 30 }, (_, i) => ({
    truth: i % 3,
    weights: [0, 1, 2].map((k) => (k === i % 3 ? 90 : 5)),
  }));
  const { counts } = counted(['a', 'b', 'c'], rows);
  for (const curve of [...counts.curves(), meanCurve(counts.curves())]) {
    assert.ok(Math.abs(curve.averagePrecision - 1) < 1e-12);
    assert.equal(curve.operating, { recall: 1, precision: 1 });
  }
});

plots('a label without rows has no curve, and a set without rows no plot', () => {
  assert.equal(
    counted(['a', 'b', 'c'], [{ truth: 1, weights: [1, 2, 3] }])
      .counts.curves()
      .map((c) => c.label),
    ['b'],
  );
  assert.equal(texts([], counted(['a', 'b'], []).counts), []);
});

const metric = fc.oneof(fc.double(), fc.constantFrom(Number.NaN, Infinity, 0, 1e-300, 1e300));
const history = fc.array(
  fc.record({
    name: fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }),
    unit: fc.constantFrom('epoch' as const, 'step' as const),
    points: fc.array(metric).map((values) => values.map((value, i) => ({ at: i + 1, value }))),
  }),
  { maxLength: 12 },
);

plots('whatever the labels, names and numbers: well-formed, self-contained, small, the same every time', () => {
  const label = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }),
    fc.constantFrom('</text><script>x</script>', '"><a href="http://x">', ']]>', '&lt;', '\u0000', '\ud800'),
  );
  fc.assert(
    fc.property(history, fc.uniqueArray(label, { minLength: 2, maxLength: 12 }), fc.gen(), (series, labels, g) => {
      const rows = g(() => rowsOf(labels.length));
      const files = texts(series, counted(labels, rows).counts);
      for (const { path, text, bytes } of files) {
        assert.ok(bytes.length <= 100_000, path);
        assert.ok(text.isWellFormed());
        assert.not.match(text, /<script|<a[\s>]|href="|<!|<\?|url\(|NaN|Infinity|undefined/);
        assert.not.match(text.replaceAll('http://www.w3.org/2000/svg', ''), /="http/);
        assert.match(text, /<title id="title">[^<]+<\/title>\n<desc id="desc">[^<]+<\/desc>/);
        assert.match(text, 'prefers-color-scheme:dark');
        assert.equal(unbalanced(text), []);
      }
      assert.equal(texts(series, counted(labels, rows).counts), files);
    }),
    { numRuns: 60, endOnFailure: true },
  );
});

plots('many labels and long histories stay under what a plot may take', () => {
  const long = (name: string): Series => ({
    name,
    unit: 'step',
    points: Array.from({ length: 20_000 }, (_, i) => ({ at: i, value: Math.sin(i * i) })),
  });
  const names = Array.from({ length: 48 }, (_, i) => `${'abcdefgh'[i % 8]}/metric ${Math.floor(i / 8)}`);
  for (const k of [8, 9, 300]) {
    const labels = Array.from({ length: k }, (_, i) => `label ${i}`);
    const rows = Array.from({ length: 3000 }, (_, i) => ({
      truth: (i * 7) % k,
      weights: labels.map((_, j) => 1 + ((i * 31 + j * 17) % 97) + (j === (i * 7) % k ? 40 : 0)),
    }));
    assert.equal(
      texts(names.map(long), counted(labels, rows).counts).map((f) => f.path),
      ['history.svg', 'precision-recall.svg', 'calibration.svg'],
    );
  }
});

plots('a history of one point is nothing to draw', () => {
  assert.is(historyPlot([{ name: 'features', unit: 'step', points: [{ at: 0, value: 7 }] }]), null);
});

plots('ticks are round and cover what they should', () => {
  assert.equal(roundTicks(0, 1, 5), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  fc.assert(
    fc.property(
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      fc.double({ min: 1e-3, max: 1e6, noNaN: true }),
      (low, span) => {
        const ticks = roundTicks(low, low + span, 5);
        assert.ok((ticks[0] as number) <= low + span * 1e-6 && (ticks.at(-1) as number) >= low + span - span * 1e-6);
        assert.ok(ticks.length >= 2 && ticks.length <= 12, String(ticks));
      },
    ),
  );
});

plots.run();

/** Elements that are not closed in order. */
function unbalanced(text: string): string[] {
  const open: string[] = [];
  for (const [, closing, name = '', selfClosing] of text.matchAll(/<(\/?)([a-z]+)[^<>]*?(\/?)>/g)) {
    if (selfClosing) continue;
    if (!closing) open.push(name);
    else if (open.pop() !== name) return [`</${name}>`];
  }
  return open;
}
