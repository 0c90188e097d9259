import type { Bin } from '../evaluation/answer-counts.ts';
import { wilson } from '../evaluation/intervals.ts';
import { axisX, type Frame, gridY, linear, polyline, shortNumber } from './axes.ts';
import { bar, dot, drawing, label, line, path, shortened } from './svg.ts';

type Calibration = {
  readonly bins: readonly Bin[];
  /** The label that the probabilities are about; null: each row's own answer. */
  readonly label: string | null;
};

const FRAME: Frame = { left: 64, top: 84, right: 696, bottom: 346 };
const COUNTS: Frame = { left: 64, top: 374, right: 696, bottom: 436 };
const TICKS = [0, 0.2, 0.4, 0.6, 0.8, 1];

/** |mean probability − share of hits|, weighted by the rows of each bin; 0 without rows. @see Guo et al. (2017), arXiv:1706.04599 */
export function calibrationError(bins: readonly Bin[]): number {
  const rows = bins.reduce((sum, b) => sum + b.rows, 0);
  return rows === 0 ? 0 : bins.reduce((sum, b) => sum + Math.abs(b.probability - b.hits), 0) / rows;
}

/** A reliability diagram: predicted probabilities against true shares, and how many rows each bin has. */
export function calibrationPlot({ bins, label: of }: Calibration): string {
  const [x, y] = [linear(TICKS, FRAME.left, FRAME.right), linear(TICKS, FRAME.bottom, FRAME.top)];
  const filled = bins.filter((b) => b.rows > 0);
  const places = filled.map((b) => [x.at(b.probability / b.rows), y.at(b.hits / b.rows)] as const);
  const rows = filled.reduce((sum, b) => sum + b.rows, 0);
  const error = calibrationError(bins).toFixed(4);
  const promised = of === null ? 'probability of the answer' : `probability of ${shortened(of, 40)}`;
  const body = [
    ...gridY(FRAME, y),
    line(FRAME.left, FRAME.bottom, FRAME.right, FRAME.bottom, 'axis'),
    label(of === null ? 'share of right answers' : 'share of rows that have it', 20, FRAME.top - 13, {
      style: 'faint',
    }),
    line(x.at(0), y.at(0), x.at(1), y.at(1), 'guide'),
    ...filled.map((b, i) => {
      const interval = wilson(b.hits, b.rows) ?? { low: 0, high: 1 };
      const [at = 0] = places[i] ?? [];
      return line(at, y.at(interval.low), at, y.at(interval.high), 'series s0');
    }),
    path(polyline(places), 'series s0'),
    ...places.map(([px, py]) => dot(px, py, 4, 'mark f0')),
    ...histogram(bins),
    label(promised, (FRAME.left + FRAME.right) / 2, COUNTS.bottom + 36, { anchor: 'middle', style: 'faint' }),
  ];
  return drawing({
    height: 486,
    title: 'Calibration',
    subtitle: `expected calibration error ${error} on ${rows} test rows; dashed: perfect; bars: 95 % intervals`,
    description: `Expected calibration error ${error}. ${filled.map(inWords).join(' ')}`,
    body,
  });
}

const inWords = ({ rows, probability, hits }: Bin): string =>
  `Mean probability ${(probability / rows).toFixed(3)}: ${(hits / rows).toFixed(3)} of ${rows} rows.`;

function histogram(bins: readonly Bin[]): string[] {
  const x = linear(TICKS, COUNTS.left, COUNTS.right);
  const most = Math.max(1, ...bins.map((b) => b.rows));
  const width = (COUNTS.right - COUNTS.left) / bins.length;
  return [
    ...bins.flatMap(({ rows }, i) => {
      if (rows === 0) return [];
      const height = Math.max(1, (rows / most) * (COUNTS.bottom - COUNTS.top));
      const [left, top] = [COUNTS.left + i * width, COUNTS.bottom - height];
      return [
        bar(left + 2, top, width - 4, height, 'bar f0'),
        label(compact(rows), left + width / 2, top - 4, { anchor: 'middle', style: 'small faint' }),
      ];
    }),
    ...axisX(COUNTS, x),
    label('rows', COUNTS.left - 8, COUNTS.bottom, { anchor: 'end', style: 'faint' }),
  ];
}

/** A count in at most five characters. */
function compact(rows: number): string {
  if (rows < 100_000) return String(rows);
  return rows < 100_000_000 ? `${shortNumber(Math.round(rows / 1e5) / 10)}M` : `${Math.round(rows / 1e9)}G`;
}
