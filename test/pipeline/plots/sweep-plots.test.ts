import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parallelCoordinates } from '../../../pipeline/plots/parallel-coordinates.ts';
import { isWide, type Spot, scatter } from '../../../pipeline/plots/scatter.ts';

const spot = (value: Spot['value'], result: number, interval: Spot['interval'] = null): Spot => ({
  value,
  result,
  interval,
});
const ticksOf = (svg: string): string[] =>
  [...svg.matchAll(/text-anchor="middle" class="faint">([^<]*)</g)].map((m) => m[1] as string);

const s = suite('plots of a sweep');

s('a scatter marks the best, draws intervals, and takes powers of ten where values span many', () => {
  const svg = scatter('cost', 'F1', [spot(1, 0.8), spot(100, 0.9, [0.88, 0.92]), spot(1000, 0.85)]);
  assert.equal(ticksOf(svg), ['1', '10', '100', '1000']);
  assert.match(svg, /diamond: the best, cost 100, F1 0\.9000; lines: 95 % intervals/);
  assert.is([...svg.matchAll(/<circle/g)].length, 2);
  assert.equal(isWide(0, 100), false);
});

s('whole numbers have whole ticks, and words stand in order', () => {
  assert.equal(ticksOf(scatter('order', 'F1', [spot(1, 0.8), spot(3, 0.9)])), ['1', '2', '3']);
  assert.equal(ticksOf(scatter('loss', 'F1', [spot('logistic', 0.8), spot('hinge', 0.9)])), ['hinge', 'logistic']);
});

s('one run, none, equal results and hostile names are drawn, too', () => {
  const drawings = [
    scatter('x', 'F1', []),
    scatter('x', 'F1', [spot(3, 0.5)]),
    scatter('<script>', 'F1', [spot('<b>', 0.5), spot(null, 0.5)]),
    parallelCoordinates(['cost'], 'F1', [{ values: [5], result: 0.5 }]),
    parallelCoordinates(
      ['cost', 'x'],
      'F1',
      [1, 1000].map((cost) => ({ values: [cost, '<b>'], result: 0.5 })),
    ),
  ];
  for (const svg of drawings) assert.not.match(svg, /NaN|Infinity|undefined|<script|<b>/);
});

s.run();
