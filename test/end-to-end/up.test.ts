import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ended, printed, start, stopAll } from '../support/cli.ts';
import { json, pawl } from '../support/cli-here.ts';
import { temporaryFolder } from '../support/paths.ts';

const folder = temporaryFolder();
writeFileSync(
  join(folder, 'pawl.yaml'),
  'data: { kind: sample, train: 1500, test: 400 }\nserver: { port: 0, pollMs: 200, logLevel: silent }\n',
);
type Listed = { readonly id: string; readonly status: string };

async function upAndStop(signal: NodeJS.Signals): Promise<{ code: number | null; answer: unknown }> {
  const up = start(folder, ['up']);
  const [, url, body] = await printed(up, /curl -s (http:\S+) .* -d '(.*)'/);
  const response = await fetch(url as string, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: body as string,
  });
  up.kill(signal);
  return { code: await ended(up), answer: ((await response.json()) as { label: string }).label };
}

const up = suite('pawl up');
up.after(stopAll);

up('makes a registry and a first model, answers what it suggests to try, and stops cleanly', async () => {
  assert.equal(await upAndStop('SIGINT'), { code: 0, answer: 'pos' });
  assert.is((await json<Listed[]>(folder, ['runs', 'list'])).length, 1);
});

up('two that are started at once make one version, and both answer', async () => {
  const fresh = temporaryFolder();
  writeFileSync(join(fresh, 'pawl.yaml'), readFileSync(join(folder, 'pawl.yaml')));
  const both = [start(fresh, ['up']), start(fresh, ['up'])];
  await Promise.all(both.map((one) => printed(one, /sentiment v1 answers at/)));
  for (const one of both) one.kill('SIGTERM');
  for (const one of both) assert.is(await ended(one), 0);
  assert.is((await json<Listed[]>(fresh, ['runs', 'list'])).length, 1);
  assert.equal(
    (await json<{ title: string }[]>(fresh, ['registry', 'log'])).map(({ title }) => title),
    ['promote(sentiment): nothing → v1', 'Start of the registry'],
  );
});

up('run again, it trains and promotes nothing', async () => {
  const commits = await json<unknown[]>(folder, ['registry', 'log']);
  assert.is((await upAndStop('SIGTERM')).code, 0);
  assert.is((await json<Listed[]>(folder, ['runs', 'list'])).length, 1);
  assert.equal(await json<unknown[]>(folder, ['registry', 'log']), commits);
});

up('never puts an empty registry in the place of one that is gone', async () => {
  const registry = join(folder, '.pawl', 'registry.git');
  renameSync(registry, `${registry}.away`);
  for (const command of ['up', 'promote']) {
    const refused = await pawl(folder, [command]);
    assert.is(refused.code, 3, command);
    assert.match(refused.stderr, /registry_gone|cannot be read|git_failed/);
  }
  renameSync(`${registry}.away`, registry);
  assert.is((await pawl(folder, ['audit'])).code, 0);
});

up('works for a user whose git enters bare repositories only if they are named', async () => {
  const home = temporaryFolder();
  writeFileSync(join(home, '.gitconfig'), '[safe]\n\tbareRepository = explicit\n');
  const fresh = temporaryFolder();
  writeFileSync(join(fresh, 'pawl.yaml'), 'data: { kind: sample, train: 1500, test: 400 }\n');
  const env = { HOME: home, XDG_CONFIG_HOME: home };
  for (const command of ['registry init', 'train', 'promote', 'reconcile', 'audit', 'doctor']) {
    const ran = await pawl(fresh, command.split(' '), { env });
    assert.is(ran.code, 0, `${command}: ${ran.stderr}`);
  }
});

up('a first promotion makes the registry, with the test rows of its run', async () => {
  const fresh = temporaryFolder();
  writeFileSync(join(fresh, 'pawl.yaml'), 'data: { kind: sample, train: 1500, test: 400 }\n');
  const sample = ['--dataset', 'sample'];
  assert.is((await pawl(fresh, ['train', ...sample])).code, 0);
  const promoted = await pawl(fresh, ['promote']);
  assert.is(promoted.code, 0, promoted.stderr);
  assert.match(promoted.stdout + promoted.stderr, /made the registry .*evaluation set: the test rows of run/);
  assert.is((await pawl(fresh, ['audit'])).code, 0);
});

up.run();
