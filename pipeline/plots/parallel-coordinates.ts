import { linear, logarithmic, polyline, roundTicks, type Scale, shortNumber } from './axes.ts';
import { isWide } from './scatter.ts';
import { dot, drawing, label, line, path, shortened } from './svg.ts';

/** One line of the plot: a value for each axis, in order, and the result. */
export type Coordinates = {
  readonly values: readonly (string | number | boolean | null)[];
  readonly result: number;
};

const FRAME = { left: 84, right: 640, top: 96, bottom: 360 };
const HEIGHT = 420;
const MOST_LINES = 500;
/** Keeps words readable over lines. */
const HALO = 'paint-order:stroke;stroke:var(--paper);stroke-width:3px;stroke-linejoin:round';

/**
 * Settings and results side by side (Inselberg 1985, "The plane with parallel coordinates"): a line for each run, the
 * best drawn bold.
 *
 * @param names of the axes, without the last, which is the result's @param result its name
 */
export function parallelCoordinates(names: readonly string[], result: string, runs: readonly Coordinates[]): string {
  const shown = runs.toSorted((a, b) => a.result - b.result).slice(-MOST_LINES);
  const columns = [...names.keys()].map((i) => shown.map(({ values }) => values[i] ?? null));
  const scales = [...columns.map(scaleOf), scaleOf(shown.map((run) => run.result))];
  const x = (i: number) => FRAME.left + (i / Math.max(1, names.length)) * (FRAME.right - FRAME.left);
  const lines = shown.map(({ values, result: value }, i) => {
    const all = [...names.map((_, axis) => values[axis] ?? null), value];
    const places = all.map((v, axis) => [x(axis), (scales[axis] as Axis).at(v)] as const);
    const isBest = i === shown.length - 1;
    const dots = isBest ? places.map(([left, top]) => dot(left, top, 4.5, 'mark f0')).join('\n') : '';
    return `${path(polyline(places), isBest ? 'series s0' : 'axis')}${dots && '\n'}${dots}`;
  });
  const axes = [...names, result].flatMap((name, i) => {
    const end = i === names.length;
    return [
      line(x(i), FRAME.top, x(i), FRAME.bottom, 'axis'),
      label(shortened(name, 18), x(i), FRAME.bottom + 24, { anchor: 'middle' }),
      ...(scales[i] as Axis).ticks.map(({ at, text }) =>
        label(shortened(text, 14), end ? x(i) + 8 : x(i) - 8, at + 4, {
          anchor: end ? 'start' : 'end',
          style: 'small faint',
        }),
      ),
    ];
  });
  const best = shown.at(-1);
  const told = best ? names.map((name, i) => `${name} ${String(best.values[i] ?? null)}`).join(', ') : 'none';
  return drawing({
    height: HEIGHT,
    title: 'Sweep',
    subtitle: `${runs.length} runs; heavy: the best, ${result} ${best ? best.result.toFixed(4) : '–'}`,
    description: `The best of ${runs.length} runs has ${told}.`,
    body: [...group('opacity:.4', lines.slice(0, -1)), ...lines.slice(-1), ...group(HALO, axes)],
  });
}

const group = (style: string, parts: readonly string[]): string[] => [`<g style="${style}">`, ...parts, '</g>'];

type Axis = {
  readonly at: (value: string | number | boolean | null) => number;
  readonly ticks: readonly { readonly at: number; readonly text: string }[];
};

const asAxis = (scale: Scale): Axis => ({
  at: (v) => scale.at(Number(v)),
  ticks: scale.ticks.map((t) => ({ at: scale.at(t), text: shortNumber(t) })),
});

/**
 * Numbers are placed by size, on a logarithmic scale if they span many factors; other values in the order of their
 * names.
 */
function scaleOf(values: readonly (string | number | boolean | null)[]): Axis {
  if (values.length > 0 && values.every((v) => typeof v === 'number')) {
    const [low, high] = [Math.min(...(values as number[])), Math.max(...(values as number[]))];
    if (isWide(low, high)) return asAxis(logarithmic(low, high, FRAME.bottom, FRAME.top));
    const ticks = low === high ? [low, low + (Math.abs(low) || 1)] : roundTicks(low, high, 5);
    return asAxis(linear(ticks, FRAME.bottom, FRAME.top));
  }
  const kinds = [...new Set(values.map(String))].sort();
  const at = (v: unknown) =>
    FRAME.bottom - ((kinds.indexOf(String(v)) + 0.5) / Math.max(1, kinds.length)) * (FRAME.bottom - FRAME.top);
  return { at, ticks: kinds.map((kind) => ({ at: at(kind), text: kind })) };
}
