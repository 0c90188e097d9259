import type * as z from 'zod';
import { canonicalJson } from '../../events/canonical-json.ts';
import { Random } from '../../registry-repo/random.ts';
import type { Range, SweepDefinition } from './definition.ts';
import { SweepError } from './errors.ts';

/** One combination to try. `chosen` are the settings that vary, by path. */
export type Point = {
  readonly index: number;
  readonly chosen: Readonly<Record<string, Value>>;
  readonly config: Record<string, unknown>;
};
export type Value = z.core.util.JSONType;

const MOST_POINTS = 10_000;
/** Draws for each wanted point, before a space counts as exhausted. */
const MOST_DRAWS = 50;

/**
 * All points of a sweep, no two the same, in an order that depends only on the definition: a grid's last parameter
 * varies fastest. A random search of a space that has fewer points than are wanted gives fewer.
 *
 * @throws {SweepError} for a grid of more points than anyone can wait for
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
  const lists = Object.values(parameters).map(valuesOf);
  const count = lists.reduce((product, list) => product * list.length, 1);
  if (count > MOST_POINTS)
    throw new SweepError(
      `the grid has ${count} points, ${MOST_POINTS} at most: give fewer values, or search at random`,
    );
  return lists.reduce<Value[][]>((all, list) => all.flatMap((values) => list.map((value) => [...values, value])), [[]]);
}

/** The values that a grid takes of a parameter, each once; for a range without steps, its ends. */
export function valuesOf(values: Parameters[string]): Value[] {
  if (Array.isArray(values)) return [...new Map(values.map((value) => [canonicalJson(value), value])).values()];
  const steps = values.steps ?? 2;
  return [...new Set(Array.from({ length: steps }, (_, i) => between(values, i / (steps - 1))))];
}

function drawn(parameters: Parameters, points: number, seed: number): Value[][] {
  const found = new Map<string, Value[]>();
  for (let draw = 0; found.size < points && draw < points * MOST_DRAWS; draw++) {
    const values = Object.entries(parameters).map(([name, from]) => {
      const random = Random.named(`sweep ${seed} ${draw} ${name}`);
      if (Array.isArray(from)) return from[random.below(from.length)] as Value;
      return between(from, random.bits() / (2 ** 32 - 1));
    });
    const key = canonicalJson(values);
    if (!found.has(key)) found.set(key, values);
  }
  return [...found.values()];
}

/** @param share from 0, the range's start, to 1, its end; both exactly */
function between({ from, to, log, integer }: Range, share: number): number {
  if (share === 0 || share === 1) return share === 0 ? from : to;
  const inside = log ? Math.exp(Math.log(from) + share * Math.log(to / from)) : from + share * (to - from);
  return Math.min(to, Math.max(from, integer ? Math.round(inside) : Number(inside.toPrecision(6))));
}

/** A copy with a value at a path. */
export function placed(
  object: Readonly<Record<string, unknown>>,
  [name = '', ...rest]: readonly string[],
  value: unknown,
): Record<string, unknown> {
  if (rest.length === 0) return { ...object, [name]: value };
  const inner = object[name];
  const within = typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>) : {};
  return { ...object, [name]: placed(within, rest, value) };
}
