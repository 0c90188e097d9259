import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { settings } from '../../pipeline/config/config.ts';
import { CommitRefusedError } from '../../pipeline/source/export-commit.ts';
import { TrainingRepository } from '../../pipeline/source/repository.git.ts';
import { COMMIT_ADDRESSES, COMMIT_PATHS } from '../../pipeline/triggers/allowed.ts';
import { json, pawl, stopAll } from '../support/cli.ts';
import { temporaryFolder } from '../support/paths.ts';
import { rejects } from '../support/rejects.ts';
import { LIMITS } from '../support/watched.ts';
import { workRepository } from '../support/work-repository.ts';

// Whoever may push to the training repository, and nothing else: what can a commit do to the machine that watches it?

/** Sections of the settings that a commit may set. */
const COMMIT = ['model', 'data', 'training'];

type Run = {
  readonly status: string;
  readonly trigger: { readonly commit?: string };
  readonly failure: Failure | null;
};
type Failure = { readonly code: string; readonly message: string };

const CSV = 'data:\n  kind: csv\n  path: rows.csv\n  text: text\n  label: label\n';
const rowsOf = (word: string): string =>
  ['text,label', ...Array.from({ length: 400 }, (_, i) => `${word} ${i % 2 ? 'fine' : 'awful'} ${i},${i % 2}`)].join(
    '\n',
  );

/** A folder that watches a repository, and how one look at it ends. */
function watched(settings = '') {
  const home = temporaryFolder();
  writeFileSync(join(home, 'pawl.yaml'), `model: sentiment\nwatch:\n  promote: false\n${settings}`);
  const repository = workRepository();
  const look = async (env: Record<string, string> = {}): Promise<Run & { said: string }> => {
    const { stdout, stderr } = await pawl(home, ['watch', '--repo', repository.folder, '--once'], { env });
    const commit = repository.git('rev-parse', 'HEAD');
    const run = (await json<Run[]>(home, ['runs', 'list'])).find((r) => r.trigger.commit === commit);
    assert.ok(run, `no run is recorded: ${stdout}${stderr}`);
    return { ...run, said: stdout + stderr };
  };
  return { home, ...repository, look };
}

/** A program, as git or we may be told to run one, that tells that it ran. */
function tattler(): { readonly program: string; readonly ran: () => boolean } {
  const folder = temporaryFolder();
  const [program, marker] = [join(folder, 'tattle.sh'), join(folder, 'ran')];
  writeFileSync(program, `#!/bin/sh\necho ran > ${marker}\ncat\n`);
  chmodSync(program, 0o755);
  return { program, ran: () => existsSync(marker) };
}

const commits = suite('attacks by a commit of the training repository');
commits.after(stopAll);

const commandOf = (...args: string[]): string =>
  `data:\n  kind: sample\n  train: 100\n  test: 100\ntraining:\n  trainer: command\n  config:\n    command: ${JSON.stringify(args)}\n`;

commits('attack 71: a program that nobody here has named does not run', async () => {
  const { commit, look } = watched(`  commands: [["sh", "train.sh", "--well"]]\n`);
  const { program, ran } = tattler();
  for (const args of [[program], ['sh', 'train.sh'], ['sh', 'train.sh', '--well', program]]) {
    commit({ 'pawl.yaml': commandOf(...args), 'train.sh': program });
    const { failure } = await look();
    assert.equal(
      [failure?.code, /watch.commands/.test(failure?.message ?? ''), ran()],
      ['commit_refused', true, false],
    );
  }
});

commits(
  'attack 71: an allowed program runs without credentials, and only where it cannot reach the gate’s key',
  async () => {
    const { home, commit, look } = watched('  commands: [[sh, train.sh]]\n');
    const told = join(temporaryFolder(), 'env');
    const env = { AWS_SECRET_ACCESS_KEY: 'aws', GITHUB_TOKEN: 'github', PAWL_SECRET_FORGE_TOKEN: 'forge' };
    const yaml = commandOf('sh', 'train.sh');
    commit({ 'pawl.yaml': yaml, 'train.sh': `env > ${told}` });
    assert.is((await look(env)).failure?.code, 'trainer_command_failed', 'it ran, and left no model');
    const names = readFileSync(told, 'utf8')
      .split('\n')
      .map((line) => line.split('=')[0]);
    assert.ok(names.includes('PATH') && names.includes('PAWL_JOB'));
    for (const name of Object.keys(env)) assert.not(names.includes(name), name);
    commit({ 'pawl.yaml': `${yaml}    environment: [AWS_SECRET_ACCESS_KEY]\n` });
    assert.match((await look(env)).failure?.message ?? '', 'watch.environment');
    rmSync(told);
    mkdirSync(join(home, '.pawl/keys'), { recursive: true });
    writeFileSync(
      join(home, '.pawl/keys/gate.pem'),
      generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }),
      { mode: 0o600 },
    );
    commit({ 'pawl.yaml': yaml, again: '1' });
    const { failure } = await look(env);
    assert.equal([failure?.code, existsSync(told)], ['commit_refused', false]);
    assert.match(failure?.message ?? '', 'gate.pem');
    const { stdout } = await pawl(home, ['doctor']);
    assert.match(stdout, /! commits .*runs programs here.*gate.pem/);
  },
);

commits('attack 71: a commit names no model that others serve, and no trainer that is not allowed', async () => {
  const { commit, look } = watched('  trainers: [nbsvm]\n  kinds: [csv]\n');
  commit({ 'pawl.yaml': 'model: payments\ndata:\n  kind: folder\n  path: .\ntraining:\n  trainer: rnn\n' });
  const { failure } = await look();
  assert.is(failure?.code, 'commit_refused');
  for (const setting of ['watch.models', 'watch.trainers', 'watch.kinds'])
    assert.match(failure?.message ?? '', setting);
});

commits('attack 73: no path outside the commit is opened, and no address of it is fetched', async () => {
  const { home, commit, look } = watched();
  let asked = 0;
  const server = createServer((_, response) => {
    asked++;
    response.end('secret');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const outside = join(home, 'private.csv');
  writeFileSync(outside, rowsOf('private'));
  const csv = (place: string) => `data:\n  kind: csv\n${place}`;
  for (const yaml of [
    csv(`  path: ${outside}\n`),
    csv(`  train: /etc/passwd\n  test: rows.csv\n`),
    csv(`  train: rows.csv\n  test: ../../../../../../../../etc/passwd\n`),
    csv(`  path: rows.csv\n  unlabelled: ${outside}\n`),
    `data:\n  kind: folder\n  path: x/../..\n`,
    `data:\n  kind: imdb\n  url: http://127.0.0.1:${port}/latest/meta-data\n`,
    `data:\n  kind: imdb\n  path: ${home}\n`,
    `training:\n  trainer: distilbert\n  config:\n    model: ${home}\n`,
    `training:\n  trainer: encoder-head\n  config:\n    model: ../${basename(home)}\n`,
  ]) {
    commit({ 'pawl.yaml': yaml, 'rows.csv': rowsOf('own') });
    const { status, failure } = await look();
    assert.equal([status, failure?.code], ['failed', 'commit_refused'], yaml);
  }
  assert.is(asked, 0);
  server.close();
});

commits('attack 73: every setting of a commit that is a text is known to be no path and no address', () => {
  const texts = settings
    .filter(
      ({ path, types, choices }) => COMMIT.includes(path[0] as string) && types.has('string') && choices.length === 0,
    )
    .map(({ path }) => path.join('.'));
  const harmless = [
    ...['model', 'data.text', 'data.label', 'data.source', 'data.delimiter', 'training.config.revision'],
  ];
  assert.equal(texts.filter((path) => !harmless.includes(path)).sort(), [...COMMIT_PATHS, ...COMMIT_ADDRESSES].sort());
});

commits('what one who watches has allowed is trained on, and their own data may be anywhere', async () => {
  const { home, commit, look } = watched('  models: [tickets]\n');
  writeFileSync(join(home, 'mine.csv'), rowsOf('mine'));
  commit({ 'pawl.yaml': `model: tickets\n${CSV}`, 'rows.csv': rowsOf('own') });
  assert.is((await look()).status, 'completed');
  commit({ 'pawl.yaml': 'training:\n  seed: 3\n' });
  const own = { PAWL_DATA_KIND: 'csv', PAWL_DATA_PATH: join(home, 'mine.csv') };
  assert.is((await look(own)).status, 'completed');
});

commits('attack 72: links and submodules lead nowhere, whatever they are called', async () => {
  const { folder, commit, git } = watched();
  const secret = temporaryFolder();
  writeFileSync(join(secret, 'rows.csv'), rowsOf('private'));
  commit({ 'pawl.yaml': CSV, 'data/plain.csv': 'text,label' });
  for (const [name, target] of [
    ['rows.csv', join(secret, 'rows.csv')],
    ['folder', secret],
    ['data/tokenizer.json', '../../../../../../etc/passwd'],
    ['data/self', '.'],
  ] as const)
    symlinkSync(target, join(folder, name));
  git('add', '-A');
  git('update-index', '--add', '--cacheinfo', `160000,${git('rev-parse', 'HEAD')},module`);
  git('commit', '-q', '-m', 'links');
  const exported = temporaryFolder();
  const leftOut = await new TrainingRepository(folder).export(git('rev-parse', 'HEAD'), exported, LIMITS);
  assert.equal([...leftOut].sort(), ['data/self', 'data/tokenizer.json', 'folder', 'module', 'rows.csv']);
  assert.equal(readdirSync(exported, { recursive: true }).sort(), ['data', join('data', 'plain.csv'), 'pawl.yaml']);
  assert.ok(lstatSync(join(exported, 'data', 'plain.csv')).isFile());
});

commits('attack 72: rows behind a link are not trained on', async () => {
  const { folder, commit, git, look } = watched();
  const secret = join(temporaryFolder(), 'rows.csv');
  writeFileSync(secret, rowsOf('private'));
  commit({ 'pawl.yaml': CSV });
  symlinkSync(secret, join(folder, 'rows.csv'));
  git('add', '-A');
  git('commit', '-q', '-m', 'link');
  const { status, failure } = await look();
  assert.is(status, 'failed');
  assert.match(failure?.message ?? '', 'rows.csv');
});

commits('attack 74: settings that are a device, or longer than settings are', async () => {
  const { folder, commit, git, look } = watched();
  symlinkSync('/dev/zero', join(folder, 'pawl.yaml'));
  git('add', '-A');
  git('commit', '-q', '-m', 'zero');
  assert.is((await look()).failure?.code, 'commit_refused');
  git('rm', '-q', 'pawl.yaml');
  commit({ 'pawl.yaml': `# ${'x'.repeat(1_000_000)}` });
  assert.is((await look()).failure?.code, 'commit_refused');
  for (const deep of ['- '.repeat(400_000), '['.repeat(400_000), '{a: '.repeat(200_000)]) {
    commit({ 'pawl.yaml': deep });
    assert.is((await look()).failure?.code, 'config_invalid');
  }
  const checkout = temporaryFolder();
  symlinkSync('/dev/zero', join(checkout, 'pawl.yaml'));
  const { code, stderr } = await pawl(checkout, ['train', '--trigger', 'push']);
  assert.equal([code, /more than 1000000 bytes/.test(stderr)], [2, true], stderr);
});

commits('attack 74: a few trees that stand for any number of files, bytes or folders', async () => {
  const { folder, commit, git, look } = watched();
  commit({ big: 'x'.repeat(2 ** 20), 'pawl.yaml': 'model: sentiment' });
  const level = (entry: string, times: number): string => {
    const lines = Array.from({ length: times }, (_, i) => `${entry}\t${String(i).padStart(4, '0')}\n`);
    return execFileSync('git', ['mktree'], { cwd: folder, input: lines.join(''), encoding: 'utf8' }).trim();
  };
  const committed = (tree: string): string => git('commit-tree', tree, '-m', 'bomb');
  const blob = git('rev-parse', 'HEAD:big');
  const repository = new TrainingRepository(folder);
  const refused = async (oid: string) =>
    (await rejects(repository.export(oid, temporaryFolder(), LIMITS), CommitRefusedError)).message;
  let wide = level(`100644 blob ${blob}`, 1000);
  assert.match(await refused(committed(wide)), 'watch.limits.megabytes');
  for (let i = 0; i < 4; i++) wide = level(`040000 tree ${wide}`, 1000);
  assert.match(await refused(committed(wide)), 'watch.limits.entries');
  let deep = level(`100644 blob ${blob}`, 1);
  for (let i = 0; i < 100; i++) deep = level(`040000 tree ${deep}`, 1);
  assert.match(await refused(committed(deep)), 'watch.limits.depth');
  git('update-ref', 'refs/heads/main', committed(wide));
  const { status, failure } = await look();
  assert.equal([status, failure?.code], ['failed', 'commit_refused'], 'and the watch goes on');
});

commits('attack 75: filters, fsmonitor and hooks that the repository names do not run', async () => {
  const { folder, commit, git } = watched();
  const { program, ran } = tattler();
  const id = commit({ '.gitattributes': '* filter=tattle diff=tattle', 'rows.csv': rowsOf('a') });
  for (const [key, value] of [
    ['filter.tattle.smudge', program],
    ['filter.tattle.clean', program],
    ['filter.tattle.process', program],
    ['filter.tattle.required', 'true'],
    ['diff.tattle.textconv', program],
    ['core.fsmonitor', program],
    ['core.hooksPath', join(program, '..')],
  ] as const)
    git('config', key, value);
  const exported = temporaryFolder();
  await new TrainingRepository(folder).export(id, exported, LIMITS);
  assert.not(ran(), 'a program of the repository ran');
  assert.equal(readdirSync(exported).sort(), ['.gitattributes', 'rows.csv']);
});

commits.run();
