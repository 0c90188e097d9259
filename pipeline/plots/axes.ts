import { label, line, num } from './svg.ts';

/** The area of a plot's data, in units of the view box. */
export type Frame = { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number };

export type Scale = {
  /** Where a value is drawn. */
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
  /** How a tick is written. */
  readonly name: (tick: number) => string;
};

/** Ticks at round numbers that cover `low` to `high`, about `wanted` of them. */
export function roundTicks(low: number, high: number, wanted: number): number[] {
  const rough = (high - low) / Math.max(1, wanted);
  if (!(rough > 0) || !Number.isFinite(rough)) return [low];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((m) => m * power >= rough * 0.999) ?? 10);
  const [first, last] = [Math.floor(low / step + 1e-9), Math.ceil(high / step - 1e-9)];
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** A scale between two places for values from the first to the last tick. */
export function linear(ticks: readonly number[], from: number, to: number): Scale {
  const [low, high] = [ticks[0] as number, ticks.at(-1) as number];
  const span = high - low || 1;
  return { at: (value) => from + ((value - low) / span) * (to - from), ticks, name: shortNumber };
}

/** A scale by powers of ten that covers positive values. */
export function logarithmic(low: number, high: number, from: number, to: number): Scale {
  const [first, last] = [Math.floor(Math.log10(low) + 1e-9), Math.ceil(Math.log10(high) - 1e-9)];
  const span = last - first || 1;
  const every = Math.ceil(span / 6);
  const ticks = Array.from({ length: span + 1 }, (_, i) => 10 ** (first + i)).filter((_, i) => i % every === 0);
  const at = (value: number) => from + ((Math.log10(value) - first) / span) * (to - from);
  return { at, ticks, name: shortNumber };
}

/** A number as people write it on an axis. */
export function shortNumber(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e6 || size < 1e-3))
    return value
      .toExponential(2)
      .replace(/\.?0+e/, 'e')
      .replace('e+', 'e');
  return String(Number(value.toPrecision(6)));
}

/** Horizontal grid lines with their numbers, at the left. */
export const gridY = ({ left, right }: Frame, y: Scale): string[] =>
  y.ticks.flatMap((tick) => [
    line(left, y.at(tick), right, y.at(tick), 'grid'),
    label(y.name(tick), left - 8, y.at(tick) + 4, { anchor: 'end', style: 'faint' }),
  ]);

/** The line at the bottom, with numbers under it. */
export const axisX = ({ left, right, bottom }: Frame, x: Scale): string[] => [
  line(left, bottom, right, bottom, 'axis'),
  ...x.ticks.flatMap((tick) => [
    line(x.at(tick), bottom, x.at(tick), bottom + 4, 'axis'),
    label(x.name(tick), x.at(tick), bottom + 17, { anchor: 'middle', style: 'faint' }),
  ]),
];

/** Straight lines from point to point; a gap where a point is null. */
export function polyline(points: readonly (readonly [number, number] | null)[]): string {
  let pen = 'M';
  let commands = '';
  for (const point of points) {
    if (point) commands += `${pen}${num(point[0])} ${num(point[1])}`;
    pen = point ? 'L' : 'M';
  }
  return commands;
}
