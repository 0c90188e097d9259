import * as z from 'zod';

/** One value that can be set: its path in the configuration, its schema, and the environment variable that sets it. */
export type Setting = {
  readonly path: readonly string[];
  readonly types: ReadonlySet<string>;
  readonly env: string;
  readonly description: string;
  readonly default: unknown;
  readonly choices: readonly unknown[];
};

type JsonSchema = {
  type?: string | string[];
  properties?: Record<string, JsonSchema>;
  oneOf?: JsonSchema[];
  anyOf?: JsonSchema[];
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  description?: string;
};

/** The JSON Schema of a configuration file, from which editors complete. */
export const jsonSchemaOf = (schema: z.ZodType): JsonSchema => z.toJSONSchema(schema, { io: 'input' }) as JsonSchema;

/** Every setting of a schema in the schema's order; the branches of a union are merged. */
export function settingsOf(schema: z.ZodType): Setting[] {
  const found = new Map<string, Setting>();
  for (const setting of walk(jsonSchemaOf(schema), [])) {
    const key = setting.path.join('.');
    const known = found.get(key);
    found.set(key, known ? merge(known, setting) : setting);
  }
  return [...found.values()];
}

export const envName = (path: readonly string[]): string =>
  `PAWL_${path
    .map((part) =>
      part
        .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
        .replace(/-/g, '_')
        .toUpperCase(),
    )
    .join('_')}`;

function walk(schema: JsonSchema, path: readonly string[]): Setting[] {
  const branches = schema.oneOf ?? schema.anyOf ?? [schema];
  return branches.flatMap((branch): Setting[] => {
    if (branch.oneOf ?? branch.anyOf) return walk(branch, path);
    const members = Object.entries(branch.properties ?? {});
    if (members.length > 0) return members.flatMap(([name, member]) => walk(member, [...path, name]));
    return [setting(branch, schema, path)];
  });
}

function setting(branch: JsonSchema, outer: JsonSchema, path: readonly string[]): Setting {
  const choices = branch.enum ?? (branch.const === undefined ? [] : [branch.const]);
  return {
    path,
    types: new Set([branch.type ?? []].flat()),
    env: envName(path),
    description: branch.description ?? outer.description ?? '',
    default: branch.default ?? outer.default,
    choices,
  };
}

const merge = (a: Setting, b: Setting): Setting => ({
  ...a,
  types: new Set([...a.types, ...b.types]),
  description: a.description || b.description,
  default: a.default ?? b.default,
  choices: a.choices.length && b.choices.length ? [...new Set([...a.choices, ...b.choices])] : [],
});

/**
 * The value of a setting that is given as text, in the environment or on the command line. A text that fits no type
 * stays a text.
 */
export function fromText(text: string, { types }: Setting): unknown {
  if (types.has('null') && text === 'null') return null;
  if ((types.has('number') || types.has('integer')) && /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text))
    return Number(text);
  if (types.has('boolean') && (text === 'true' || text === 'false')) return text === 'true';
  if (types.has('array') || types.has('object'))
    return parseJson(text) ?? (types.has('array') ? text.split(',').map((t) => t.trim()) : text);
  return text;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
