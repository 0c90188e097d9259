import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, delimiter, dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Config, settings } from '../../pipeline/config/config.ts';
import { CommitRefusedError } from '../../pipeline/source/export-commit.ts';
import { TrainingRepository } from '../../pipeline/source/repository.git.ts';
import { apartHere } from '../../pipeline/training/command/apart.ts';
import { COMMIT_ADDRESSES, COMMIT_PATHS, requireAllowed } from '../../pipeline/triggers/allowed.ts';
import { pawl as processOfItsOwn } from '../support/cli.ts';
import { json, pawl } from '../support/cli-here.ts';
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

/** A folder that watches a repository, and how one look at it ends. @param commandLine runs it */
function watched(settings = '', home = temporaryFolder(), commandLine = pawl) {
  writeFileSync(join(home, 'pawl.yaml'), `model: sentiment\nwatch:\n  promote: false\n${settings}`);
  const repository = workRepository();
  const look = async (env: Record<string, string> = {}): Promise<Run & { said: string }> => {
    const { stdout, stderr } = await commandLine(home, ['watch', '--repo', repository.folder, '--once'], { env });
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

commits('attack 71: an allowed program runs without credentials', async () => {
  const { commit, look } = watched('  commands: [[sh, train.sh]]\n');
  const env = { AWS_SECRET_ACCESS_KEY: 'aws', GITHUB_TOKEN: 'github', PAWL_SECRET_FORGE_TOKEN: 'forge' };
  const yaml = commandOf('sh', 'train.sh');
  commit({ 'pawl.yaml': yaml, 'train.sh': 'env' });
  const { failure } = await look(env);
  assert.is(failure?.code, 'trainer_command_failed', 'it ran, and left no model');
  const names = (failure?.message ?? '').split('\n').map((line) => line.split('=')[0]);
  commit({ 'pawl.yaml': yaml, 'train.sh': 'env; exit 1' });
  const said = (await look(env)).failure?.message ?? '';
  names.push(...said.split('\n').map((line) => line.split('=')[0]));
  assert.ok(names.includes('PATH') && names.includes('PAWL_JOB'), said);
  for (const name of Object.keys(env)) assert.not(names.includes(name), name);
  commit({ 'pawl.yaml': `${yaml}    environment: [AWS_SECRET_ACCESS_KEY]\n` });
  assert.match((await look(env)).failure?.message ?? '', 'watch.environment');
});

/** A gate's private key, where this Pawl would look for it. */
function gateKeyIn(home: string): string {
  const file = join(home, '.pawl/keys/gate.pem');
  mkdirSync(join(home, '.pawl/keys'), { recursive: true });
  const { privateKey } = generateKeyPairSync('ed25519');
  writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  return file;
}

commits('attack 71: without bubblewrap no program runs where it could read the gate’s key', async () => {
  const { home, commit, look } = watched('  commands: [[sh, train.sh]]\n');
  const bin = temporaryFolder();
  writeFileSync(join(bin, 'bwrap'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  const env = { PATH: `${bin}${delimiter}${process.env.PATH}` };
  const { program, ran } = tattler();
  gateKeyIn(home);
  commit({ 'pawl.yaml': commandOf('sh', 'train.sh'), 'train.sh': program });
  const { failure } = await look(env);
  assert.equal([failure?.code, ran()], ['commit_refused', false]);
  assert.match(failure?.message ?? '', /gate\.pem.*bubblewrap/);
  const { stdout } = await pawl(home, ['doctor'], { env });
  assert.match(stdout, /! commits .*runs programs here.*gate.pem/);
});

const apart = (await apartHere([])) !== null;
if (!apart)
  console.log('SKIPPED programs apart: bubblewrap is not here, or may not be used (`apt-get install bubblewrap`)');
const behind = apart ? commits : commits.skip;

/** Tries what a program of a commit would want to, and says how it went: no output of it is a secret that it must not have. */
const NOSY = `
reads() { if cat "$1" >/dev/null 2>&1; then echo "$2=read"; else echo "$2=hidden"; fi; }
writes() { if (echo x >"$1") 2>/dev/null; then echo "$2=written"; else echo "$2=refused"; fi; }
reads "$1/.pawl/keys/gate.pem" key
reads "/proc/self/root$1/.pawl/keys/gate.pem" key-by-root
reads "$1/.pawl/events.db" log
reads "$HOME/.ssh/id_ed25519" ssh
reads "$HOME/.aws/credentials" aws
reads "$HOME/.netrc" netrc
reads "$HOME/.config/gh/hosts.yml" gh
reads "$HOME/.cache/huggingface/token" token
reads "$HOME/.linked" linked
reads "$HOME/linked-secret" link-target
reads "$HOME/.local/bin/tool" tool
reads "$HOME/rows.csv" plain
for p in /proc/[0-9]*; do tr '\\0' '\\n' <"$p/environ" 2>/dev/null; done | grep -c CANARY | sed 's/^/environments=/'
writes "$HOME/new" home
writes "$1/pawl.yaml" settings
writes own.txt own
writes "$TMPDIR/x" temporary
umount "$1/.pawl" 2>/dev/null && echo unmounted
reads "$1/.pawl/keys/gate.pem" key-again
exit 7
`;

behind(
  'attack 71: in bubblewrap a program reads no key, credential or process, and writes to its own folders',
  async () => {
    // Not among temporary files, which are hidden in any case.
    const around = mkdtempSync('/var/tmp/pawl-test-');
    const [home, user] = [join(around, 'home'), join(around, 'user')];
    for (const folder of [home, user]) mkdirSync(folder);
    // A process of its own, because the system tells the environment that a process began with.
    const { commit, look } = watched('  allowCommands: true\n', home, processOfItsOwn);
    gateKeyIn(home);
    const files = [
      ...['.ssh/id_ed25519', '.aws/credentials', '.netrc', '.config/gh/hosts.yml', '.cache/huggingface/token'],
      ...['.local/bin/tool', 'rows.csv', 'linked-secret'],
    ];
    for (const file of files) {
      mkdirSync(dirname(join(user, file)), { recursive: true });
      writeFileSync(join(user, file), 'secret');
    }
    symlinkSync(join(user, 'linked-secret'), join(user, '.linked'));
    commit({ 'pawl.yaml': commandOf('sh', 'train.sh', home), 'train.sh': NOSY });
    const { failure } = await look({ HOME: user, CANARY: 'CANARY' });
    assert.match(failure?.message ?? '', 'exit code 7');
    assert.equal(
      (failure?.message ?? '').split('\n').filter((line) => line.includes('=')),
      [
        ...['key=hidden', 'key-by-root=hidden', 'log=hidden', 'ssh=hidden', 'aws=hidden', 'netrc=hidden', 'gh=hidden'],
        ...['token=hidden', 'linked=hidden', 'link-target=hidden', 'tool=read', 'plain=read', 'environments=0'],
        ...['home=refused', 'settings=refused', 'own=written', 'temporary=written', 'key-again=hidden'],
      ],
    );
    const { stdout } = await pawl(home, ['doctor'], { env: { HOME: user } });
    assert.match(stdout, /! commits .*runs programs here, in bubblewrap/);
    rmSync(around, { recursive: true });
  },
);

commits('attack 72: a link that a program leaves among its results is not followed', async () => {
  const { commit, look } = watched('  allowCommands: true\n');
  const secret = join(temporaryFolder(), 'secret');
  writeFileSync(secret, '{}');
  const out = 'out=$(dirname "$PAWL_JOB")/out\n';
  for (const [script, why] of [
    [`ln -s ${secret} $out/model.onnx`, /left no model.onnx/],
    ['rmdir $out; mkdir mine; echo {} > mine/model.onnx; ln -s $PWD/mine $out', /left no model.onnx/],
    ['mkfifo $out/model.onnx', /left no model.onnx/],
  ] as const) {
    commit({ 'pawl.yaml': commandOf('sh', 'train.sh'), 'train.sh': out + script });
    const { failure } = await look();
    assert.equal([failure?.code, why.test(failure?.message ?? '')], ['trainer_command_failed', true], failure?.message);
  }
});

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
  server.unref(); // a test that fails does not come to closing it
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
  assert.equal([status, failure?.code], ['failed', 'commit_refused'], 'not as a file that is missing');
  assert.match(failure?.message ?? '', 'rows.csv, a link or a submodule, which is not followed');
});

commits('attack 73: a link within the files, should there ever be one, is followed before it is judged', () => {
  const [folder, outside] = [temporaryFolder(), temporaryFolder()];
  writeFileSync(join(outside, 'rows.csv'), rowsOf('private'));
  writeFileSync(join(folder, 'own.csv'), rowsOf('own'));
  symlinkSync(outside, join(folder, 'data'));
  const own = Config.parse({ watch: { kinds: ['csv'] } });
  const ask = (path: string) =>
    requireAllowed(own, Config.parse({ ...own, data: { kind: 'csv', path } }), { folder, leftOut: [] });
  ask('own.csv');
  assert.throws(
    () => ask('data/rows.csv'),
    (error: Error) => error instanceof CommitRefusedError && /data.path leads out of the commit/.test(error.message),
  );
});

commits('attack 73: no pretrained model is downloaded but the default of a trainer and what the watcher names', () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'encoder'));
  mkdirSync(join(folder, 'org'));
  writeFileSync(join(folder, 'org/file'), 'a file is not read, its name is looked up');
  const ask = (trainer: string, model: string | undefined, own: object = {}) => {
    const before = Config.parse(own);
    const training = { trainer, config: model === undefined ? {} : { model } };
    requireAllowed(before, Config.parse({ ...before, training }), { folder, leftOut: [] });
  };
  for (const model of ['org/model', 'model', 'org/file'])
    for (const trainer of ['distilbert', 'encoder-head'])
      assert.throws(
        () => ask(trainer, model),
        (error: Error) =>
          error instanceof CommitRefusedError &&
          error.message.includes(`${model}, which watch.pretrained does not name`),
      );
  assert.throws(() => ask('distilbert', 'sentence-transformers/all-MiniLM-L6-v2'), /watch\.pretrained/);
  ask('distilbert', undefined);
  ask('distilbert', 'encoder');
  ask('encoder-head', 'org/model', { watch: { pretrained: ['org/model'] } });
  ask('encoder-head', 'org/model', { hub: { offline: true } });
  ask('encoder-head', 'org/model', { training: { trainer: 'encoder-head', config: { model: 'org/model' } } });
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
