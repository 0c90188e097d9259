import type { Recorded } from '../../../bench/recorded.ts';
import { share } from '../../../pipeline/table.ts';
import { table } from '../markdown.ts';

type Figure = Recorded['benches'][0]['figures'][number];

/** A table with every figure of a bench in a line of its own. */
export function figureTable(head: string, { benches: [{ figures }] }: Recorded): string {
  const lines = figures.map((figure) => [figure.name, withUnit(figure.median, figure.unit), rangeOf(figure) ?? '–']);
  return table([head, 'median', 'minimum – maximum'], lines);
}

/** Figures whose names are a row's name and one of these endings. */
export type Column = { readonly head: string; readonly endings: readonly string[] };

/**
 * A table with a row for each thing that was measured, and its figures side by side; a figure that was not recorded is a
 * dash.
 *
 * @param key matches the name of a figure that every row has, and captures the name of the row
 */
export function figureColumns(
  head: string,
  key: RegExp,
  columns: readonly Column[],
  { benches: [{ figures }] }: Recorded,
): string {
  const byName = new Map<string, Figure>(figures.map((figure) => [figure.name, figure]));
  const names = figures.flatMap(({ name }) => key.exec(name)?.[1] ?? []);
  const cell = (name: string, { endings }: Column): string => {
    const figure = endings.map((ending) => byName.get(`${name}${ending}`)).find(Boolean);
    return figure ? shown(figure) : '–';
  };
  return table(
    [head, ...columns.map((column) => column.head)],
    names.map((name) => [name, ...columns.map((column) => cell(name, column))]),
  );
}

function shown(figure: Figure): string {
  const range = rangeOf(figure);
  return withUnit(figure.median, figure.unit) + (range === null ? '' : ` (${range})`);
}

/** Null if there is one round, or the range is not known. */
function rangeOf(figure: Figure): string | null {
  const range = 'rounds' in figure ? [Math.min(...figure.rounds), Math.max(...figure.rounds)] : figure.range;
  if (!range || ('rounds' in figure && figure.rounds.length === 1)) return null;
  return range.map((value) => digits(value, figure.unit)).join(' – ');
}

/** An F1 with its 95 % interval. */
export const withInterval = ({ f1, low, high }: { readonly f1: number; readonly low: number; readonly high: number }) =>
  `${share(f1)} (${share(low)} – ${share(high)})`;

/** Units that are nothing but numbers. */
const BARE = ['share', 'ratio', 'relative'];

export const whole = (value: number): string => Math.round(value).toLocaleString('en-US');

export const withUnit = (value: number, unit: string): string =>
  BARE.includes(unit) ? digits(value, unit) : `${digits(value, unit)} ${unit}`;

const PLACES: Readonly<Record<string, number>> = { ratio: 2, relative: 4, ms: 2, nats: 3 };

function digits(value: number, unit: string): string {
  if (unit === 'share') return share(value);
  const places = PLACES[unit];
  if (places !== undefined) return value.toFixed(places);
  return Math.abs(value) >= 100 ? whole(value) : value.toFixed(1);
}
