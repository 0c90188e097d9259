import { axisX, type Frame, gridY, linear, logarithmic, roundTicks, type Scale, shortNumber } from './axes.ts';
import { dot, drawing, label, line, shortened } from './svg.ts';

/** One run: the setting's value, the result, and the result's interval if it is known. */
export type Spot = {
  readonly value: string | number | boolean | null;
  readonly result: number;
  readonly interval: readonly [low: number, high: number] | null;
};

const FRAME: Frame = { left: 84, right: 692, top: 80, bottom: 360 };
const HEIGHT = 420;
/** If the largest value is this many times the smallest, the scale is logarithmic. */
const LOGARITHMIC_FROM = 30;

/**
 * One setting against the result: a dot for each run, with its interval as a line if that is known; the best is a
 * diamond in another colour. Positive values that span more than a factor of thirty are drawn by powers of ten; values
 * that are no numbers stand side by side in the order of their names.
 *
 * @param name of the setting @param result name of the result
 */
export function scatter(name: string, result: string, spots: readonly Spot[]): string {
  const best = spots.reduce<Spot | null>((most, one) => (most && most.result >= one.result ? most : one), null);
  const x = across(spots.map(({ value }) => value));
  const y = upwards(spots);
  const drawn = spots.flatMap((spot) => {
    const [at, up] = [x.at(spot.value), y.at(spot.result)];
    const bar = spot.interval ? [line(at, y.at(spot.interval[0]), at, y.at(spot.interval[1]), 'axis')] : [];
    return [...bar, spot === best ? '' : dot(at, up, 4, 'mark f0')];
  });
  const top = best ? [diamond(x.at(best.value), y.at(best.result))] : [];
  const told = best ? `${name} ${shown(best.value)}, ${result} ${best.result.toFixed(4)}` : 'none';
  const whiskers = spots.some(({ interval }) => interval) ? '; lines: 95 % intervals' : '';
  return drawing({
    height: HEIGHT,
    title: `${result} by ${shortened(name, 60)}`,
    subtitle: `${spots.length} runs; diamond: the best, ${told}${whiskers}`,
    description: `Of ${spots.length} runs the best has ${told}.`,
    body: [
      ...gridY(FRAME, y),
      ...x.axis,
      label(shortened(name, 60), (FRAME.left + FRAME.right) / 2, FRAME.bottom + 40, { anchor: 'middle' }),
      ...drawn.filter(Boolean),
      ...top,
    ],
  });
}

const shown = (value: Spot['value']): string => (typeof value === 'number' ? shortNumber(value) : String(value));

const diamond = (x: number, y: number): string =>
  `<path d="M${round(x)} ${round(y - 7)}L${round(x + 7)} ${round(y)}L${round(x)} ${round(y + 7)}L${round(x - 7)} ${round(y)}Z" class="mark f1" style="fill:var(--c1);stroke:var(--paper)"/>`;

const round = (value: number): string => String(Math.round(value * 100) / 100);

type Across = { readonly at: (value: Spot['value']) => number; readonly axis: readonly string[] };

function across(values: readonly Spot['value'][]): Across {
  const inside = { ...FRAME, left: FRAME.left + 16, right: FRAME.right - 16 };
  if (values.length > 0 && values.every((v) => typeof v === 'number')) {
    const scale = numeric(values as number[], inside);
    return { at: (value) => scale.at(Number(value)), axis: axisX(FRAME, scale) };
  }
  const kinds = [...new Set(values.map(String))].sort();
  const step = (inside.right - inside.left) / Math.max(1, kinds.length);
  const at = (value: Spot['value']) => inside.left + (kinds.indexOf(String(value)) + 0.5) * step;
  const names = kinds.map((kind) =>
    label(shortened(kind, Math.max(4, Math.floor(step / 7))), at(kind), FRAME.bottom + 17, {
      anchor: 'middle',
      style: 'faint',
    }),
  );
  return { at, axis: [line(FRAME.left, FRAME.bottom, FRAME.right, FRAME.bottom, 'axis'), ...names] };
}

function numeric(values: readonly number[], { left, right }: Frame): Scale {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  if (isWide(low, high)) return logarithmic(low, high, left, right);
  const wanted = values.every(Number.isInteger) ? Math.min(6, high - low) : 6;
  return linear(low === high ? [low - 1, low, low + 1] : roundTicks(low, high, wanted), left, right);
}

/** Whether numbers are better compared by factors than by differences. */
export const isWide = (low: number, high: number): boolean => low > 0 && high / low >= LOGARITHMIC_FROM;

function upwards(spots: readonly Spot[]): Scale {
  const all = spots.flatMap(({ result, interval }) => [result, ...(interval ?? [])]);
  const [low, high] = all.length === 0 ? [0, 1] : [Math.min(...all), Math.max(...all)];
  const ticks = low === high ? [low - 0.01, low, low + 0.01] : roundTicks(low, high, 6);
  return linear(ticks, FRAME.bottom, FRAME.top);
}
