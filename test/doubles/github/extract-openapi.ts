import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fixture } from '../../support/paths.ts';
import { OPERATIONS } from './operations.ts';

// Run by hand: node dist/test/doubles/github/extract-openapi.js FOLDER, where FOLDER is npm's @octokit/openapi,
// unpacked. It writes the part of GitHub's API description that checks requests of the operations that Pawl uses.

type Json = Record<string, unknown>;

/** Members for people, which check nothing. */
const PROSE = new Set([
  'description',
  'title',
  'example',
  'examples',
  'summary',
  'default',
  'externalDocs',
  'deprecated',
]);
const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The same, without prose. `named`: the keys are names, not keywords. */
function bare(value: unknown, named = false): unknown {
  if (Array.isArray(value)) return value.map((item) => bare(item));
  if (!isJson(value)) return value;
  const kept = Object.entries(value).filter(([key]) => named || !(PROSE.has(key) || key.startsWith('x-')));
  return Object.fromEntries(kept.map(([key, item]) => [key, bare(item, !named && key === 'properties')]));
}

function referencesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (!isJson(value)) return [];
  const here = typeof value.$ref === 'string' ? [value.$ref] : [];
  return [...here, ...Object.values(value).flatMap(referencesIn)];
}

/** Every component that is reached from the paths. */
function componentsOf(paths: Json, all: Record<string, Json>): Record<string, Json> {
  const components: Record<string, Json> = {};
  const queue = referencesIn(paths);
  for (let reference = queue.pop(); reference; reference = queue.pop()) {
    const [kind = '', name = ''] = reference.replace('#/components/', '').split('/');
    if (components[kind]?.[name] !== undefined) continue;
    const component = bare(all[kind]?.[name]);
    if (component === undefined) throw new Error(`${reference} is not in the description`);
    components[kind] = { ...components[kind], [name]: component };
    queue.push(...referencesIn(component));
  }
  return components;
}

function extract(folder: string): Json {
  const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const api = JSON.parse(readFileSync(join(folder, 'generated/api.github.com.json'), 'utf8'));
  const wanted = new Set<string>(OPERATIONS);
  const paths: Record<string, Json> = {};
  for (const [path, methods] of Object.entries<Json>(api.paths))
    for (const [method, operation] of Object.entries(methods)) {
      if (!isJson(operation) || !wanted.delete(String(operation.operationId))) continue;
      const { operationId, parameters, requestBody } = operation;
      paths[path] = { ...paths[path], [method]: bare({ operationId, parameters, requestBody }) };
    }
  if (wanted.size > 0) throw new Error(`not in the description: ${[...wanted].join(', ')}`);
  return {
    source: { package: '@octokit/openapi', version, license, file: 'generated/api.github.com.json' },
    paths,
    components: componentsOf(paths, api.components),
  };
}

const [folder] = process.argv.slice(2);
if (!folder) throw new Error('which folder? Unpack npm’s @octokit/openapi and name its folder');
writeFileSync(fixture('github-openapi.json'), `${JSON.stringify(extract(folder), null, 1)}\n`);
