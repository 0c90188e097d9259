import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as z from 'zod';
import { ConfigError } from '../../../pipeline/config/config-error.ts';
import { envLayer, flagLayer, type Layer, yamlLayer } from '../../../pipeline/config/layers.ts';
import { resolveConfig } from '../../../pipeline/config/resolve.ts';
import { settingsOf } from '../../../pipeline/config/settings.ts';

const Schema = z.strictObject({
  model: z.string().default('sentiment').describe('Name of the model'),
  data: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('sample'), rows: z.int().default(10) }),
      z.strictObject({ kind: z.literal('csv'), path: z.string(), gzip: z.boolean().default(false) }),
    ])
    .prefault({ kind: 'sample' }),
  server: z
    .strictObject({
      port: z.int().min(0).max(65535).default(8787),
      keyFile: z.string().nullable().default(null),
      paths: z.array(z.string()).default([]),
      mode: z.enum(['fast', 'exact']).default('fast'),
    })
    .prefault({}),
});
const settings = settingsOf(Schema);

const resolve = (over: { yaml?: string; env?: Record<string, string>; flags?: Parameters<typeof flagLayer>[0] }) => {
  const layers: Layer[] = [];
  if (over.yaml !== undefined) layers.push(yamlLayer(over.yaml, 'pawl.yaml'));
  layers.push(envLayer(over.env ?? {}, settings), flagLayer(over.flags ?? [], settings));
  return resolveConfig(Schema, settings, layers);
};

function problems(over: Parameters<typeof resolve>[0]) {
  try {
    resolve(over);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return assert.unreachable('expected a ConfigError') as never;
}

const config = suite('configuration');

config('defaults, then file, then environment, then flags', () => {
  const yaml = 'server:\n  port: 1\n  mode: exact\nmodel: from-file\n';
  const env = { PAWL_SERVER_PORT: '2', PAWL_MODEL: 'from-env', HOME: '/x' };
  const flags = [{ path: 'server.port', text: '3', flag: '--port' }];
  const { config: c, origin } = resolve({ yaml, env, flags });
  assert.equal([c.server.port, c.server.mode, c.model, c.server.keyFile], [3, 'exact', 'from-env', null]);
  assert.equal([['server', 'port'], ['server', 'mode'], ['model'], ['server', 'keyFile']].map(origin), [
    '--port',
    'pawl.yaml:3',
    'PAWL_MODEL',
    'default',
  ]);
});

config('texts become what the setting is: numbers, booleans, null, lists', () => {
  const env = {
    PAWL_DATA_KIND: 'csv',
    PAWL_DATA_PATH: '42',
    PAWL_DATA_GZIP: 'true',
    PAWL_SERVER_KEY_FILE: 'null',
    PAWL_SERVER_PATHS: 'a, b',
  };
  const { config: c } = resolve({ env });
  assert.equal(c.data, { kind: 'csv', path: '42', gzip: true });
  assert.equal([c.server.keyFile, c.server.paths], [null, ['a', 'b']]);
  assert.equal(resolve({ env: { PAWL_SERVER_PATHS: '["a,b"]' } }).config.server.paths, ['a,b']);
});

config('reports every problem at once, with path, origin and what to write', () => {
  const found = problems({
    yaml: 'modle: x\nserver:\n  port: 99999\n  mode: quick\n',
    env: { PAWL_SERVER_PATHS: '{}' },
  });
  assert.equal(found.map((p) => p.path).sort(), ['modle', 'server.mode', 'server.paths', 'server.port']);
  const by = (path: string) => found.find((p) => p.path === path);
  assert.match(by('modle')?.message as string, 'did you mean model?');
  assert.is(by('modle')?.origin, 'pawl.yaml:1');
  assert.match(by('server.port')?.message as string, '99999');
  assert.is(by('server.port')?.origin, 'pawl.yaml:3');
  assert.match(by('server.mode')?.message as string, 'use fast, exact');
  assert.is(by('server.paths')?.origin, 'PAWL_SERVER_PATHS');
});

config('names a missing setting and an unknown kind', () => {
  assert.match(problems({ yaml: 'data: {kind: csv}' })[0]?.message as string, 'is missing');
  assert.match(problems({ yaml: 'data: {kind: cvs}' })[0]?.message as string, 'sample');
});

config('refuses misspelt variables and flags, with a suggestion', () => {
  assert.match(problems({ env: { PAWL_SERVER_PROT: '1' } })[0]?.message as string, 'did you mean PAWL_SERVER_PORT?');
  assert.match(
    problems({ flags: [{ path: 'sever.port', text: '1', flag: '--set' }] })[0]?.message as string,
    'did you mean server.port?',
  );
  resolve({ env: { PAWL_TEST_SOMETHING: '1', PAWL_CONFIG: 'x.yaml' } });
});

config('refuses files that are no settings: syntax, lists, repeated keys, alias bombs, prototype keys', () => {
  assert.match(problems({ yaml: 'a: [1' })[0]?.origin as string, /^pawl\.yaml:\d+$/);
  assert.match(problems({ yaml: '- a\n- b' })[0]?.message as string, 'name: value');
  assert.match(problems({ yaml: 'model: a\nmodel: b' })[0]?.message as string, /unique/i);
  const bomb = `a: &a [x,x]\n${Array.from({ length: 20 }, (_, i) => `b${i}: &b${i} [*${i ? `b${i - 1}` : 'a'}, *${i ? `b${i - 1}` : 'a'}]`).join('\n')}`;
  assert.match(problems({ yaml: bomb })[0]?.message as string, 'aliases');
  assert.is(problems({ yaml: '__proto__: {model: x}' })[0]?.path, '__proto__');
});

config('an empty file sets nothing', () => assert.is(resolve({ yaml: '' }).config.model, 'sentiment'));

config('every setting has a variable of its own', () => {
  assert.is(new Set(settings.map((s) => s.env)).size, settings.length);
  assert.is(settings.find((s) => s.path.join('.') === 'server.keyFile')?.env, 'PAWL_SERVER_KEY_FILE');
});

config('a key that is a list or a map is an unknown setting, without a warning of the process', async () => {
  const warnings: string[] = [];
  const keep = (warning: Error) => void warnings.push(warning.message);
  process.on('warning', keep);
  const found = problems({ yaml: 'data:\n  ? {a: b}\n  : 1\n  kind: sample\n' });
  await new Promise((resolve) => setImmediate(resolve)); // warnings come a tick later
  process.off('warning', keep);
  assert.is(found?.length, 1);
  assert.equal(warnings, []);
});

config.run();
