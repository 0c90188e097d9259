import { Random } from '../random.ts';
import type { Range, SweepDefinition } from './definition.ts';
import { SweepError } from './errors.ts';

/** One combination to try. `chosen` are the settings that vary, by path. */
export type Point = {
  readonly index: number;
  readonly chosen: Readonly<Record<string, Value>>;
  readonly config: Record<string, unknown>;
};
export type Value = string | number | boolean | null;

const MOST_POINTS = 10_000;

/**
 * All points of a sweep, in an order that depends on the definition alone: a grid's last parameter varies fastest.
 *
 * @throws {SweepError} for a grid of a stretch without `steps`, or of more points than anyone can wait for
 */
export function pointsOf({ parameters, config, search }: SweepDefinition): Point[] {
  const names = Object.keys(parameters);
  const combinations = search.kind === 'grid' ? grid(parameters) : drawn(parameters, search.points, search.seed);
  return combinations.map((values, index) => {
    const chosen = Object.fromEntries(names.map((name, i) => [name, values[i] as Value]));
    return {
      index,
      chosen,
      config: names.reduce<Record<string, unknown>>((all, name) => placed(all, name.split('.'), chosen[name]), config),
    };
  });
}

type Parameters = SweepDefinition['parameters'];

function grid(parameters: Parameters): Value[][] {
  const lists = Object.entries(parameters).map(([name, values]) =>
    Array.isArray(values) ? values : stepsOf(name, values),
  );
  const count = lists.reduce((product, list) => product * list.length, 1);
  if (count > MOST_POINTS)
    throw new SweepError(`the grid has ${count} points, ${MOST_POINTS} at most: search at random`);
  return lists.reduce<Value[][]>((all, list) => all.flatMap((values) => list.map((value) => [...values, value])), [[]]);
}

function stepsOf(name: string, range: Range): number[] {
  const { steps } = range;
  if (steps === undefined) throw new SweepError(`parameters.${name}: a grid needs steps, or a list of values`);
  const values = Array.from({ length: steps }, (_, i) => between(range, i / (steps - 1)));
  return [...new Set(values)];
}

function drawn(parameters: Parameters, points: number, seed: number): Value[][] {
  return Array.from({ length: points }, (_, index) =>
    Object.entries(parameters).map(([name, values]) => {
      const random = Random.named(`sweep ${seed} ${index} ${name}`);
      if (Array.isArray(values)) return values[random.below(values.length)] as Value;
      return between(values, random.bits() / (2 ** 32 - 1));
    }),
  );
}

/** @param share from 0, the range's start, to 1, its end; both exactly */
function between({ from, to, log, integer }: Range, share: number): number {
  const inside = log ? Math.exp(Math.log(from) + share * Math.log(to / from)) : from + share * (to - from);
  const exact = share === 0 ? from : share === 1 ? to : Number(inside.toPrecision(6));
  return integer ? Math.round(exact) : exact;
}

/** A copy with a value at a path. */
function placed(
  object: Record<string, unknown>,
  [name = '', ...rest]: readonly string[],
  value: unknown,
): Record<string, unknown> {
  if (rest.length === 0) return { ...object, [name]: value };
  const inner = object[name];
  const within = typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>) : {};
  return { ...object, [name]: placed(within, rest, value) };
}
