import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fixture } from '../../support/paths.ts';
import { OPERATIONS } from './operations.ts';

// Run by hand: node dist/test/doubles/gitea/extract-swagger.js FOLDER VERSION, where FOLDER is Gitea's source of that
// version (`go mod download -json code.gitea.io/gitea@VERSION` says where). It writes the part of Gitea's API
// description that checks requests of the operations that Pawl uses, in the form of OpenAPI 3.

type Json = Record<string, unknown>;
type Parameter = Json & { name: string; in: string; required?: boolean; schema?: Json };

const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const PROSE = new Set(['description', 'title', 'example', 'summary', 'default']);

/**
 * Without descriptions for people, with references as OpenAPI 3 has them. `named`: the keys are names, not keywords.
 */
function bare(value: unknown, named = false): unknown {
  if (Array.isArray(value)) return value.map((item) => bare(item));
  if (typeof value === 'string') return value.replace('#/definitions/', '#/components/schemas/');
  if (!isJson(value)) return value;
  const kept = Object.entries(value).filter(([key]) => named || !(PROSE.has(key) || key.startsWith('x-')));
  return Object.fromEntries(kept.map(([key, item]) => [key, bare(item, !named && key === 'properties')]));
}

function operation(id: string, parameters: readonly Parameter[]): Json {
  const body = parameters.find((p) => p.in === 'body');
  const others = parameters.filter((p) => p.in !== 'body');
  return {
    operationId: id,
    parameters: others.map(({ name, in: where, required, type, enum: values, items }) => ({
      name,
      in: where,
      ...(required === true && { required }),
      schema: bare({ type, ...(values !== undefined && { enum: values }), ...(items !== undefined && { items }) }),
    })),
    ...(body && {
      requestBody: { required: body.required === true, content: { 'application/json': { schema: bare(body.schema) } } },
    }),
  };
}

/**
 * The names that only servers before 1.26 know, and that later ones accept as well
 * (`MergePullRequestForm.UnmarshalJSON`).
 */
function withOldNames(schemas: Record<string, Json>): void {
  const form = schemas.MergePullRequestOption as { properties: Json; required?: unknown };
  form.properties = { ...form.properties, Do: form.properties.do, MergeCommitID: form.properties.merge_commit_id };
  delete form.required;
}

function extract(folder: string, version: string): Json {
  const file = 'templates/swagger/v1_json.tmpl';
  const api = JSON.parse(readFileSync(join(folder, file), 'utf8'));
  const wanted = new Set<string>(OPERATIONS);
  const paths: Record<string, Json> = {};
  for (const [path, methods] of Object.entries<Json>(api.paths))
    for (const [method, found] of Object.entries(methods)) {
      if (!isJson(found) || !wanted.delete(String(found.operationId))) continue;
      const parameters = (found.parameters ?? []) as Parameter[];
      paths[path] = { ...paths[path], [method]: operation(String(found.operationId), parameters) };
    }
  if (wanted.size > 0) throw new Error(`not in the description: ${[...wanted].join(', ')}`);
  const schemas: Record<string, Json> = {};
  const queue: string[] = JSON.stringify(paths).match(/#\/components\/schemas\/\w+/g) ?? [];
  for (let reference = queue.pop(); reference; reference = queue.pop()) {
    const name = reference.slice('#/components/schemas/'.length);
    if (schemas[name]) continue;
    schemas[name] = bare(api.definitions[name]) as Json;
    queue.push(...(JSON.stringify(schemas[name]).match(/#\/components\/schemas\/\w+/g) ?? []));
  }
  withOldNames(schemas);
  const source = { module: 'code.gitea.io/gitea', version, license: 'MIT', file };
  return { source, paths, components: { schemas } };
}

const [folder, version] = process.argv.slice(2);
if (!folder || !version) throw new Error('which folder, and which version? Name Gitea’s source');
writeFileSync(fixture('gitea-swagger.json'), `${JSON.stringify(extract(folder, version), null, 1)}\n`);
