import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Config, settings } from '../../../pipeline/config/config.ts';
import { ConfigError } from '../../../pipeline/config/config-error.ts';
import { loadConfig } from '../../../pipeline/config/load.ts';
import { schemaFile, schemaText } from '../../../pipeline/config/schema-file.ts';
import { temporaryFolder } from '../../support/paths.ts';

const config = suite('pawl.yaml');

config('works with nothing set', () => {
  const { config: c, origin, root, file } = loadConfig({ file: undefined, folder: '/nowhere', env: {}, flags: [] });
  assert.equal(
    [c.model, c.data.kind, c.training.trainer, c.policy.minimum, root, file],
    ['sentiment', 'sample', 'nbsvm', 0.85, '/nowhere', null],
  );
  assert.is(origin(['model']), 'default');
});

config('one setting of training alone leaves the others as they are', () => {
  const flags = [{ path: 'training.seed', text: '7', flag: '--seed' }];
  const { config: c, origin } = loadConfig({ file: undefined, folder: '/nowhere', env: {}, flags });
  assert.equal([c.training.trainer, c.training.seed, origin(['training', 'seed'])], ['nbsvm', 7, '--seed']);
  assert.is(origin(['training', 'trainer']), 'default');
});

config('a repository with a password in its address is refused, and the password not repeated', () => {
  for (const text of ['https://hunter2@host/a/b', 'https://u:hunter2@x@host/a/b', 'https://host/a/b?key=hunter2']) {
    const flags = [{ path: 'watch.repository', text, flag: '--repo' }];
    assert.throws(
      () => loadConfig({ file: undefined, folder: '/nowhere', env: {}, flags }),
      (e: unknown) => e instanceof ConfigError && !e.message.includes('hunter2') && /host\/a\/b/.test(e.message),
    );
  }
});

config('every setting has a description', () => {
  assert.equal(
    settings.filter((s) => s.description === '').map((s) => s.path.join('.')),
    [],
  );
});

config('the JSON Schema for editors is what the schema says now', () => {
  assert.is(
    readFileSync(schemaFile, 'utf8'),
    schemaText(),
    'run `npm run schema` and commit pipeline/config.schema.json',
  );
});

config('paths start from the settings file, wherever the user stands', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'other.yaml'), 'model: topics\n');
  const loaded = loadConfig({ file: join(folder, 'other.yaml'), folder: '/', env: {}, flags: [] });
  assert.equal([loaded.root, loaded.config.model], [folder, 'topics']);
  assert.is(
    loadConfig({ file: undefined, folder: '/', env: { PAWL_CONFIG: join(folder, 'other.yaml') }, flags: [] }).root,
    folder,
  );
});

config('a file that was named but is not there is an error; the default one is not', () => {
  assert.throws(
    () => loadConfig({ file: 'gone.yaml', folder: '/', env: {}, flags: [] }),
    (e: unknown) => e instanceof ConfigError && /no such file/.test(e.message),
  );
});

config('data kinds, trainers and servers are checked as one, all problems together', () => {
  const folder = temporaryFolder();
  writeFileSync(
    join(folder, 'pawl.yaml'),
    'model: Not A Name\ndata: {kind: csv}\ntraining: {trainer: gpt}\nserver: {port: -1}\n',
  );
  assert.throws(
    () => loadConfig({ file: undefined, folder, env: {}, flags: [] }),
    (e: unknown) =>
      e instanceof ConfigError &&
      ['model', 'data.path', 'training.trainer', 'server.port'].every((path) =>
        e.problems.some((p) => p.path === path),
      ),
  );
});

config('an overlay wins over the file, but not over variables', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'pawl.yaml'), 'model: a\ntraining: {trainer: nbsvm, seed: 1}\n');
  const overlay = { values: { model: 'b', training: { seed: 2 } }, origin: () => 'overlay', problems: [] };
  const { config: c } = loadConfig({ file: undefined, folder, env: { PAWL_MODEL: 'c' }, flags: [], overlay });
  assert.equal([c.model, c.training.seed], ['c', 2]);
});

config('what Kubernetes sets for a Service named pawl is left out, and told; what is a setting stays', () => {
  const address = 'tcp://10.0.0.5:80';
  const links = {
    PAWL_SERVICE_HOST: '10.0.0.5',
    PAWL_SERVICE_PORT: '80',
    PAWL_SERVICE_PORT_HTTP: '80',
    PAWL_PORT: address,
    PAWL_PORT_80_TCP: address,
    PAWL_PORT_80_TCP_PROTO: 'tcp',
    PAWL_PORT_80_TCP_PORT: '80',
    PAWL_PORT_80_TCP_ADDR: '10.0.0.5',
    PAWL_SERVER_PORT: address,
  };
  const load = (env: Record<string, string>) =>
    loadConfig({ file: undefined, folder: temporaryFolder(), env, flags: [] });
  const { config: c, ignored, request } = load({ ...links, PAWL_MODEL: 'c' });
  assert.equal(
    [c.model, c.server.port, ignored, request.env],
    ['c', Config.parse({}).server.port, Object.keys(links).sort(), { PAWL_MODEL: 'c' }],
  );
  assert.is(load({ PAWL_SERVER_PORT: '81' }).config.server.port, 81);
  for (const env of [{ PAWL_PORT: '80' }, { PAWL_SERVER_PROT: '80' }, { PAWL_SERVER_PORT: 'http://a' }])
    assert.throws(
      () => load(env),
      (e: unknown) => e instanceof ConfigError,
      JSON.stringify(env),
    );
});

config('defaults satisfy the schema', () => assert.ok(Config.safeParse({}).success));

config.run();
