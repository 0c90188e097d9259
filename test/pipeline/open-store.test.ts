import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Config } from '../../pipeline/config/config.ts';
import { logRepository } from '../../pipeline/forge/log-repository.ts';
import { tokenFor } from '../../pipeline/open-store.ts';
import { json, pawl } from '../support/cli-here.ts';
import { temporaryFolder } from '../support/paths.ts';

const choice = suite('repository of the log');

const repositoryOf = (settings: { events?: object; registry?: object }): string =>
  logRepository({ config: Config.parse(settings), path: (relative) => join('/home/team', relative) });

choice('is the one that is set: a path of the workspace, or a URL as it is', () => {
  assert.is(repositoryOf({ events: { repository: 'logs/log.git' } }), '/home/team/logs/log.git');
  assert.is(repositoryOf({ events: { repository: 'https://host/log.git' } }), 'https://host/log.git');
  assert.is(repositoryOf({ events: { repository: 'ssh://host/log.git' } }), 'ssh://host/log.git');
});

choice('is else the registry’s, wherever that is', () => {
  assert.is(repositoryOf({}), '/home/team/.pawl/registry.git');
  const at = (api: string | null) => repositoryOf({ registry: { forge: 'github', repository: 'team/registry', api } });
  assert.is(at(null), 'https://github.com/team/registry.git');
  assert.is(at('https://api.github.com/'), 'https://github.com/team/registry.git');
  assert.is(at('https://ghe.example.org/api/v3'), 'https://ghe.example.org/team/registry.git');
  assert.is(at('https://example.org/gitea/api/v1/'), 'https://example.org/gitea/team/registry.git');
  assert.is(at('http://127.0.0.1:3000'), 'http://127.0.0.1:3000/team/registry.git');
});

choice('the forge’s token is shown to the forge alone', async () => {
  const tokenOf = (settings: { events?: object; registry?: object }) =>
    tokenFor({
      config: Config.parse(settings),
      path: (relative) => join('/home/team', relative),
      secrets: () => ({ forgeToken: 'secret' }),
      github: () => ({ credentials: { token: async () => 'of the app' } }),
    });
  const registry = { forge: 'github', repository: 'team/registry' };
  assert.is(await tokenOf({ registry }), 'of the app');
  assert.is(await tokenOf({ registry, events: { repository: 'https://github.com/team/log.git' } }), 'of the app');
  assert.is(await tokenOf({ registry, events: { repository: 'https://elsewhere.example/log.git' } }), null);
  assert.is(await tokenOf({ registry, events: { repository: 'log.git' } }), null);
  assert.is(await tokenOf({ events: { repository: 'https://elsewhere.example/log.git' } }), 'secret');
  assert.is(await tokenOf({}), null);
});

choice.run();

const thrownAway = suite('machines that are thrown away');

thrownAway('what one recorded, the next one goes on from', async () => {
  const home = temporaryFolder();
  const settings = 'data:\n  kind: sample\n  train: 400\n  test: 200\nevents:\n  store: git\npolicy:\n  minimum: 0.5\n';
  writeFileSync(join(home, 'pawl.yaml'), settings);
  const ok = async (...args: string[]) => {
    const ran = await pawl(home, args);
    assert.is(ran.code, 0, ran.stdout + ran.stderr);
    return ran.stdout;
  };
  const fresh = () => {
    for (const name of ['events.db', 'events.db-wal', 'events.db-shm', 'events.db.git', 'views.db'])
      rmSync(join(home, '.pawl', name), { recursive: true, force: true });
  };
  await ok('registry', 'init');
  await ok('train');
  const pushed = execFileSync('git', [
    '--git-dir',
    join(home, '.pawl/registry.git'),
    'rev-list',
    '--count',
    'pawl/log',
  ]);
  assert.ok(Number(pushed) <= 6, `${pushed} pushes for a registry and a run`);
  fresh();
  await ok('promote');
  fresh();
  await ok('audit');
  const events = await json<{ events: number }>(home, ['events', 'verify']);
  await ok('events', 'backup', 'copy.db');
  await ok('audit', '--log', 'copy.db');
  const found = await json<{ name: string; what: string }[]>(home, ['doctor']);
  const { what = '' } = found.find((d) => d.name === 'event store') ?? {};
  assert.match(what, new RegExp(`pawl/log of .*registry\\.git: ${events.events} events`));
});

thrownAway('doctor says when the log cannot be reached, and a switch of stores is refused', async () => {
  const home = temporaryFolder();
  const at = (address: string) =>
    writeFileSync(join(home, 'pawl.yaml'), `events:\n  store: git\n  repository: ${address}\n`);
  at('https://user:word@host/log.git');
  const { code, stderr } = await pawl(home, ['doctor']);
  assert.is(code, 2);
  assert.match(stderr, 'a URL with credentials in it');
  at('https://127.0.0.1:1/log.git');
  const found = await json<{ name: string; state: string; what: string }[]>(home, ['doctor'], 1);
  const store = found.find((d) => d.name === 'event store');
  assert.is(store?.state, 'problem');
  assert.match(store?.what ?? '', '127.0.0.1');
  const other = temporaryFolder();
  assert.is((await pawl(other, ['registry', 'init'])).code, 0);
  const refused = await pawl(other, ['events', 'list'], { env: { PAWL_EVENTS_STORE: 'git' } });
  assert.is(refused.code === 0, false);
  assert.match(refused.stderr, /another log/);
});

thrownAway.run();
