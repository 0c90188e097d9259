import type * as z from 'zod';
import type { ConfigProblem } from '../config/config-error.ts';
import { getIn, suggestion } from '../config/layers.ts';
import { type Setting, settingsOf } from '../config/settings.ts';
import type { Trainer } from '../training/trainer.ts';
import { Parameter, type SweepDefinition } from './definition.ts';
import { type Point, placed, type Value, valuesOf } from './points.ts';

type Problem = Pick<ConfigProblem, 'path' | 'message'>;

/**
 * Parameters that the trainer has no setting for, and values that it does not allow, as far as the file can be read.
 */
export function wrongParameters(trainer: Trainer, raw: unknown): Problem[] {
  if (typeof raw !== 'object' || raw === null) return [];
  const readable = Object.entries(raw).flatMap(([name, value]) => {
    const { data } = Parameter.safeParse(value);
    return data === undefined ? [] : [[name, data] as const];
  });
  return [...unknownSettings(trainer, Object.keys(raw)), ...wrongValues(trainer, Object.fromEntries(readable))];
}

function unknownSettings(trainer: Trainer, names: readonly string[]): Problem[] {
  const settings = settingsOf(trainer.config).map((s) => ({ ...s, name: s.path.join('.') }));
  const has = (name: string, { name: known, types }: Setting & { readonly name: string }): boolean =>
    known === name || known.startsWith(`${name}.`) || (types.has('object') && name.startsWith(`${known}.`));
  return names
    .filter((name) => !settings.some((setting) => has(name, setting)))
    .map((name) => ({
      path: `parameters.${name}`,
      message: `${trainer.name} has no such setting${suggestion(
        name,
        settings.map((s) => s.name),
      )}`,
    }));
}

/** Values, or ends of ranges, that the trainer's settings do not allow, whatever the others are. */
function wrongValues(trainer: Trainer, parameters: SweepDefinition['parameters']): Problem[] {
  return Object.entries(parameters).flatMap(([name, values]) => {
    const path = name.split('.');
    return valuesOf(values).flatMap((value) => {
      const issues = issuesOf(trainer, placed({}, path, value)).filter((issue) => within(issue, path));
      return [...new Set(issues.map(({ message }) => message))].map((message) => ({
        path: `parameters.${name}`,
        message: `cannot be ${shown(value)}: ${message}${hint(values, value)}`,
      }));
    });
  });
}

const hint = (values: SweepDefinition['parameters'][string], value: Value): string =>
  !Array.isArray(values) && typeof value === 'number' && !Number.isInteger(value) && Number.isInteger(values.from)
    ? ' (for whole numbers, set integer: true)'
    : '';

/**
 * What is wrong with whole points, or with what they share; each problem once, with the number of points that have it.
 */
export function wrongPoints(trainer: Trainer, points: readonly Point[]): Problem[] {
  const found = new Map<string, Problem & { readonly points: number[] }>();
  for (const { index, config } of points)
    for (const issue of issuesOf(trainer, config))
      for (const { path, message } of asProblems(trainer, config, issue)) {
        const key = `${path}: ${message}`;
        const known = found.get(key) ?? { path, message, points: [] };
        known.points.push(index);
        found.set(key, known);
      }
  return [...found.values()].map(({ path, message, points: where }) => ({
    path,
    message: where.length === points.length ? message : `${message} (${pointsText(where)})`,
  }));
}

function asProblems(trainer: Trainer, config: Readonly<Record<string, unknown>>, issue: z.core.$ZodIssue): Problem[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      path: `config.${[...path, key].join('.')}`,
      message: `${trainer.name} has no such setting${suggestion(
        key,
        settingsOf(trainer.config).map((s) => s.path[path.length] ?? ''),
      )}`,
    }));
  const value = getIn(config, path);
  return [
    {
      path: path.length === 0 ? 'config' : `config.${path.join('.')}`,
      message: value === undefined ? `is missing: ${issue.message}` : `cannot be ${shown(value)}: ${issue.message}`,
    },
  ];
}

const issuesOf = (trainer: Trainer, config: unknown): readonly z.core.$ZodIssue[] =>
  trainer.config.safeParse(config).error?.issues ?? [];

const within = (issue: z.core.$ZodIssue, path: readonly string[]): boolean =>
  issue.code !== 'unrecognized_keys' && path.every((part, i) => String(issue.path[i]) === part);

const pointsText = (points: readonly number[]): string =>
  points.length === 1
    ? `point ${points[0]}`
    : `${points.length} points: ${points.slice(0, 5).join(', ')}${points.length > 5 ? ', …' : ''}`;

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
