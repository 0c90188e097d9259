import type * as z from 'zod';
import { withoutSecret } from '../secret-in-address.ts';
import { ConfigError, type ConfigProblem } from './config-error.ts';
import { getIn, type Layer, mergeLayers, suggestion } from './layers.ts';
import type { Setting } from './settings.ts';

export type Resolved<C> = {
  readonly config: C;
  /** What set a value: a file and line, a variable, a flag, or `default`. */
  readonly origin: (path: readonly string[]) => string;
};

/**
 * Merges layers into a configuration: the last layer that sets a value wins, defaults fill the rest.
 *
 * @param settings of the same schema, for suggesting what a misspelt name may have meant
 * @throws {ConfigError} with every problem of every layer
 */
export function resolveConfig<S extends z.ZodType>(
  schema: S,
  settings: readonly Setting[],
  layers: readonly Layer[],
): Resolved<z.output<S>> {
  const { values, origin } = mergeLayers(layers);
  const result = schema.safeParse(values);
  if (result.success) return { config: result.data, origin };
  const problems = result.error.issues.flatMap((issue) => explain(issue, values, settings, origin));
  throw new ConfigError(problems, { cause: result.error });
}

function explain(
  issue: z.core.$ZodIssue,
  values: unknown,
  settings: readonly Setting[],
  origin: (path: readonly string[]) => string,
): ConfigProblem[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    const siblings = settings
      .filter((s) => s.path.slice(0, path.length).join() === path.join())
      .map((s) => s.path[path.length] ?? '');
    return issue.keys.map((key) => ({
      path: [...path, key].join('.'),
      origin: origin([...path, key]),
      message: `no such setting${suggestion(key, [...new Set(siblings)])}`,
    }));
  }
  const value = getIn(values, path);
  const choices = settings.find((s) => s.path.join() === path.join())?.choices ?? [];
  const given = value === undefined ? 'is missing' : `cannot be ${shown(value)}`;
  const wanted =
    choices.length > 0
      ? `use ${choices.join(', ')}`
      : issue.message.replace(/^Invalid input: /, '').replace(/^Invalid .*?: /, '');
  return [{ path: path.join('.'), origin: value === undefined ? '' : origin(path), message: `${given}: ${wanted}` }];
}

function shown(value: unknown): string {
  const text =
    JSON.stringify(value, (_, part) => (typeof part === 'string' ? withoutSecret(part) : part)) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
