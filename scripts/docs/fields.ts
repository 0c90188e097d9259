import { code, prose, table } from './markdown.ts';

/** What of a JSON Schema a table of fields shows. */
export type JsonSchema = {
  readonly type?: string | readonly string[];
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly prefixItems?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly description?: string;
};

/** Gives the schema that a `$ref` names. */
export type Lookup = (reference: string) => JsonSchema;

/** A table of every field of an object, nested ones with their path; empty where there are none. */
export function fieldsTable(schema: JsonSchema, lookup: Lookup): string {
  const rows = fieldsOf(schema, '', lookup);
  const described = rows.some(({ meaning }) => meaning !== '');
  if (rows.length === 0) return '';
  const cells = rows.map(({ path, type, meaning }) => [code(path), type, ...(described ? [prose(meaning)] : [])]);
  return table(['field', 'type', ...(described ? ['meaning'] : [])], cells);
}

type Field = { readonly path: string; readonly type: string; readonly meaning: string };

function fieldsOf(schema: JsonSchema, prefix: string, lookup: Lookup): Field[] {
  const { properties = {}, required = [] } = resolved(schema, lookup);
  return Object.entries(properties).flatMap(([name, member]) => {
    const path = prefix + name;
    const found = resolved(member, lookup);
    const type = typeOf(found, lookup) + (required.includes(name) ? '' : ', optional');
    return [{ path, type, meaning: member.description ?? found.description ?? '' }, ...inner(found, path, lookup)];
  });
}

/** The fields of an object, of a list's objects, or of the one kind of object that a union has. */
function inner(schema: JsonSchema, path: string, lookup: Lookup): Field[] {
  if (schema.properties) return fieldsOf(schema, `${path}.`, lookup);
  if (schema.items) return inner(resolved(schema.items, lookup), `${path}[]`, lookup);
  const objects = alternatives(schema)
    .map((branch) => resolved(branch, lookup))
    .filter((branch) => branch.properties || branch.items);
  return objects.length === 1 ? inner(objects[0] as JsonSchema, path, lookup) : [];
}

const alternatives = ({ anyOf, oneOf }: JsonSchema): readonly JsonSchema[] => anyOf ?? oneOf ?? [];

const resolved = (schema: JsonSchema, lookup: Lookup): JsonSchema => (schema.$ref ? lookup(schema.$ref) : schema);

function typeOf(schema: JsonSchema, lookup: Lookup): string {
  const { enum: choices, const: only, type, items } = resolved(schema, lookup);
  if (only !== undefined) return code(JSON.stringify(only));
  if (choices) return choices.map((choice) => code(JSON.stringify(choice))).join(' or ');
  const branches = alternatives(schema).map((branch) => typeOf(branch, lookup));
  if (branches.length > 0) return [...new Set(branches)].join(' or ');
  if (type === 'array' && items) return `list of ${typeOf(items, lookup)}`;
  return [type ?? 'any'].flat().join(' or ');
}
