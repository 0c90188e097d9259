import { readFileSync } from 'node:fs';
import type { Ajv2020, ValidateFunction } from 'ajv/dist/2020.js';
import { Ajv2020 as Validator } from 'ajv/dist/2020.js';
import { fixture } from '../../support/paths.ts';
import type { OperationId } from './operations.ts';

type Json = { [key: string]: unknown };
type Parameter = { name: string; in: string; required?: boolean; schema: Json };
type Operation = { operationId: OperationId; parameters?: Json[]; requestBody?: Json };

/** One operation at one path, and the requests that GitHub's description allows. */
export type Described = {
  readonly id: OperationId;
  readonly method: string;
  readonly path: RegExp;
  readonly names: readonly string[];
  readonly literals: number;
  readonly parameters: readonly Parameter[];
  readonly checkParameters: () => ValidateFunction;
  readonly body: { readonly required: boolean; readonly check: (() => ValidateFunction) | null } | null;
};

/** Parameters that may hold slashes, which GitHub accepts encoded and plain. */
const GREEDY = new Set(['path', 'ref', 'branch']);

const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * OpenAPI 3.0 as JSON Schema, and stricter: objects with properties allow no others, because GitHub ignores a
 * misspelled member without an error. `open`: a part of a larger schema, which forbids others for all its parts.
 */
function strict(schema: unknown, open = false): unknown {
  if (Array.isArray(schema)) return schema.map((s) => strict(s, open));
  if (!isJson(schema)) return schema;
  const { nullable, properties, ...rest } = schema;
  const whole: Json = {};
  for (const [key, value] of Object.entries(rest))
    whole[key] =
      key === 'allOf' || key === 'anyOf' || key === 'oneOf'
        ? strict(value, open || properties !== undefined || key === 'allOf')
        : key === 'enum' || key === 'required'
          ? value
          : strict(value);
  if (isJson(properties)) {
    whole.properties = Object.fromEntries(Object.entries(properties).map(([name, s]) => [name, strict(s)]));
    if (!open && whole.additionalProperties === undefined) whole.unevaluatedProperties = false;
  }
  return nullable === true ? { anyOf: [{ type: 'null' }, whole] } : whole;
}

/** Compiled when first needed: one test uses a few of the operations. */
function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** The operations that the double knows, most particular path first. */
export class Description {
  readonly #operations: Described[] = [];
  readonly #ajv: Ajv2020;
  readonly #coercing: Ajv2020;
  readonly #components: Record<string, Record<string, Json>>;

  constructor(file = fixture('github-openapi.json')) {
    const { paths, components } = JSON.parse(readFileSync(file, 'utf8'));
    this.#components = components;
    const schemas = Object.fromEntries(
      Object.entries(components.schemas ?? {}).map(([name, schema]) => [name, strict(schema)]),
    );
    const options = { strict: false, validateFormats: false, allErrors: true } as const;
    this.#ajv = new Validator(options);
    this.#coercing = new Validator({ ...options, coerceTypes: true });
    for (const ajv of [this.#ajv, this.#coercing]) ajv.addSchema({ $id: 'github', components: { schemas } });
    for (const [path, methods] of Object.entries<Record<string, Operation>>(paths))
      for (const [method, operation] of Object.entries(methods))
        this.#operations.push(this.#describe(path, method.toUpperCase(), operation));
    this.#operations.sort((a, b) => b.literals - a.literals);
  }

  #describe(path: string, method: string, operation: Operation): Described {
    const names: string[] = [];
    const pattern = path.replace(/[.]/g, '\\.').replace(/\{(\w+)\}/g, (_, name: string) => {
      names.push(name);
      return GREEDY.has(name) ? '(.+)' : '([^/]+)';
    });
    const parameters = (operation.parameters ?? []).map((p) => this.#resolved(p) as unknown as Parameter);
    return {
      id: operation.operationId,
      method,
      path: new RegExp(`^${pattern}$`),
      names,
      literals: path.replace(/\{\w+\}/g, '').length,
      parameters,
      checkParameters: once(() => this.#coercing.compile(schemaOf(parameters))),
      body: this.#body(operation.requestBody),
    };
  }

  #resolved(value: Json): Json {
    if (typeof value.$ref !== 'string') return value;
    const [kind = '', name = ''] = value.$ref.replace('#/components/', '').split('/');
    return this.#components[kind]?.[name] ?? {};
  }

  #body(requestBody: Json | undefined): Described['body'] {
    if (!requestBody) return null;
    const content = this.#resolved(requestBody).content as Record<string, { schema: Json }>;
    const json = content['application/json']?.schema;
    const required = this.#resolved(requestBody).required === true;
    return { required, check: json ? once(() => this.#ajv.compile(inDocument(strict(json)))) : null };
  }

  /** The operation at a path as it came, still encoded. */
  find(method: string, path: string): { operation: Described; values: Record<string, string> } | null {
    for (const operation of this.#operations) {
      const match = operation.method === method ? operation.path.exec(path) : null;
      if (match) return { operation, values: valuesOf(operation.names, match) };
    }
    return null;
  }

  get ids(): readonly OperationId[] {
    return this.#operations.map((o) => o.id);
  }
}

function valuesOf(names: readonly string[], match: RegExpExecArray): Record<string, string> {
  return Object.fromEntries(names.map((name, i) => [name, decodeURIComponent(match[i + 1] ?? '')]));
}

/** One schema over path and query together: their names do not overlap. */
const schemaOf = (parameters: readonly Parameter[]): Json => {
  const used = parameters.filter((p) => p.in === 'path' || p.in === 'query');
  return inDocument({
    type: 'object',
    required: used.filter((p) => p.required).map((p) => p.name),
    properties: Object.fromEntries(used.map((p) => [p.name, strict(p.schema)])),
    additionalProperties: false,
  }) as Json;
};

/** References of the description, from a schema that stands alone. */
function inDocument(schema: unknown): Json {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"github#/components/'));
}

/** What is wrong with a request, one line for each fault. */
export function faultsOf(
  operation: Described,
  parameters: Record<string, unknown>,
  body: { readonly json: unknown } | null,
): string[] {
  const faults: string[] = [];
  const lines = (check: ValidateFunction, where: string) =>
    (check.errors ?? []).map((e) => `${where}${e.instancePath}: ${e.message} ${JSON.stringify(e.params)}`);
  const checkParameters = operation.checkParameters();
  if (!checkParameters(parameters)) faults.push(...lines(checkParameters, 'parameter'));
  if (body === null) {
    if (operation.body?.required) faults.push('body: is missing');
    return faults;
  }
  if (!operation.body) return [...faults, 'body: this operation takes none'];
  const check = operation.body.check?.();
  if (check && !check(body.json)) faults.push(...lines(check, 'body'));
  return faults;
}
