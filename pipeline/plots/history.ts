import {
  axisX,
  type Frame,
  gridY,
  linear,
  logarithmic,
  polyline,
  roundTicks,
  type Scale,
  shortNumber,
} from './axes.ts';
import { COLOURS, colour, dot, drawing, label, path, shortened, WIDTH } from './svg.ts';

/** The points that a run reported for one metric; values that are not finite are included. */
export type Series = {
  readonly name: string;
  readonly unit: 'epoch' | 'step';
  readonly points: readonly { readonly at: number; readonly value: number }[];
};

const MAX_PANELS = 6;
const PANEL_HEIGHT = 210;
/** The most points of a series that can be told apart, and the most of all series, so that the file stays small. */
const [MAX_POINTS, MAX_ALL_POINTS] = [300, 5000];
/** If values span more than this factor, small ones would look flat on a linear scale. */
const LOG_FROM = 100;

/**
 * The history of a run's metrics, one panel for each; metrics whose names have the same end (`train/loss`, `test/loss`)
 * share one.
 *
 * @returns an SVG, or null if no metric has two points
 */
export function historyPlot(all: readonly Series[]): string | null {
  const panels = panelsOf(
    all.map(drawable).filter((s) => s.points.filter((p) => Number.isFinite(p.value)).length >= 2),
  );
  if (panels.length === 0) return null;
  const shown = panels.slice(0, MAX_PANELS);
  const columns = shown.length === 1 ? 1 : 2;
  const width = (WIDTH - 20) / columns;
  const most = Math.min(MAX_POINTS, Math.floor(MAX_ALL_POINTS / shown.flatMap((p) => p.series).length));
  const body = shown.flatMap((panel, i) => {
    const [left, top] = [10 + (i % columns) * width, 58 + Math.floor(i / columns) * PANEL_HEIGHT];
    return drawPanel(
      panel,
      {
        left: left + 62,
        top: top + 34,
        right: left + width - 22,
        bottom: top + PANEL_HEIGHT - 42,
      },
      most,
    );
  });
  const left = panels.length - shown.length;
  const series = shown.flatMap((panel) => panel.series);
  return drawing({
    height: 62 + Math.ceil(shown.length / columns) * PANEL_HEIGHT,
    title: 'Metrics of the run',
    subtitle: `as the trainer reported them${left > 0 ? `; ${left} more are in the log` : ''}`,
    description: series.map(inWords).join(' '),
    body,
  });
}

/** Values beyond these count as infinite or zero, because differences of them would not be finite. */
const [LARGEST, SMALLEST] = [1e100, 1e-100];

const drawable = (series: Series): Series => ({
  ...series,
  points: series.points.map(({ at, value }) => ({
    at,
    value: Math.abs(value) > LARGEST ? Number.NaN : Math.abs(value) < SMALLEST ? 0 : value,
  })),
});

type Panel = { readonly name: string; readonly unit: Series['unit']; readonly series: Series[] };

function panelsOf(all: readonly Series[]): Panel[] {
  const panels = new Map<string, Panel>();
  for (const series of all) {
    const name = series.name.split('/').at(-1) || series.name;
    const key = `${series.unit} ${name}`;
    const panel = panels.get(key) ?? { name, unit: series.unit, series: [] };
    if (panel.series.length < COLOURS) panel.series.push(series);
    panels.set(key, panel);
  }
  return [...panels.values()];
}

const last = ({ points }: Series) => points.findLast((p) => Number.isFinite(p.value)) as Series['points'][number];

const inWords = (series: Series): string => {
  const first = series.points.find((p) => Number.isFinite(p.value)) as Series['points'][number];
  const end = last(series);
  return `${shortened(series.name, 60)}: ${shortNumber(first.value)} at ${series.unit} ${first.at}, ${shortNumber(end.value)} at ${series.unit} ${end.at}.`;
};

/** `most`: points of one series. */
type Axes = { readonly x: Scale; readonly y: Scale; readonly most: number };

function drawPanel({ name, unit, series }: Panel, frame: Frame, most: number): string[] {
  const values = series.flatMap((s) => s.points.map((p) => p.value)).filter(Number.isFinite);
  const steps = series.flatMap((s) => s.points.map((p) => p.at));
  const [x, y] = [scaleX(extent(steps), frame), scaleY(extent(values), frame)];
  const legend = series.length > 1 ? series.map((s, i) => ({ s, i })) : [];
  const room = (frame.right - frame.left) / Math.max(1, legend.length);
  return [
    label(shortened(name, 40), frame.left, frame.top - 22, { style: 'strong' }),
    ...gridY(frame, y),
    ...axisX(frame, x),
    label(unit, (frame.left + frame.right) / 2, frame.bottom + 33, { anchor: 'middle', style: 'faint' }),
    ...legend.map(({ s, i }) =>
      label(shortened(s.name, Math.floor(room / 7)), frame.left + i * room, frame.top - 7, {
        style: `small f${colour(i)}`,
      }),
    ),
    ...series.flatMap((s, i) => drawSeries(s, i, { x, y, most })),
  ];
}

function drawSeries(series: Series, index: number, { x, y, most }: Axes): string[] {
  const points = thinned(series.points, most).map(({ at, value }) =>
    Number.isFinite(value) ? ([x.at(at), y.at(value)] as const) : null,
  );
  const end = last(series);
  const n = colour(index);
  return [path(polyline(points), `series s${n}`), dot(x.at(end.at), y.at(end.value), 3.5, `mark f${n}`)];
}

/** Evenly spaced points of many; the last is always included. */
function thinned<T>(points: readonly T[], most: number): T[] {
  const every = Math.ceil(points.length / most);
  return points.filter((_, i) => (points.length - 1 - i) % every === 0);
}

function extent(values: readonly number[]): [low: number, high: number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return [low, high];
}

function scaleX([low, high]: [number, number], { left, right }: Frame): Scale {
  const wanted = Math.max(2, Math.floor((right - left) / 45));
  const ticks = roundTicks(low, high, wanted).filter((t) => Number.isInteger(t) && t >= low && t <= high);
  const { at } = linear([low, high], left, right);
  return { at, ticks, name: shortNumber };
}

function scaleY([low, high]: [number, number], { top, bottom }: Frame): Scale {
  if (low > 0 && high / low >= LOG_FROM) return logarithmic(low, high, bottom, top);
  const size = Math.max(Math.abs(low), Math.abs(high));
  const pad = high - low <= size * 1e-6 ? size * 0.1 || 1 : 0;
  const floor = low >= 0 && low < high / 2 ? 0 : low - pad;
  return linear(roundTicks(floor, high + pad, 4), bottom, top);
}
