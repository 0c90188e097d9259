import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { StoreError } from '../../events/errors.ts';
import { GitLogBranch } from '../../events/log-branch.git.ts';
import { Mirror } from '../../pipeline/forge/mirror.ts';
import { createRegistry } from '../../pipeline/registry-setup/init.ts';
import { RepositoryError, TrainingRepository } from '../../pipeline/source/repository.git.ts';
import { Git } from '../../registry-repo/git.ts';
import { GitFolderRefusedError } from '../../registry-repo/git-owner.ts';
import { GitError } from '../../registry-repo/git-process.ts';
import { pawl as processOfItsOwn } from '../support/cli.ts';
import { pawl } from '../support/cli-here.ts';
import { bareRepository, commitFiles, commitTime, tester } from '../support/git.ts';
import { serveGit } from '../support/git-http.ts';
import { root as checkout, temporaryFolder } from '../support/paths.ts';
import { rejects } from '../support/rejects.ts';
import { LIMITS } from '../support/watched.ts';
import { workRepository } from '../support/work-repository.ts';

// Programs in shell, and owners: neither is on Windows.
const here = process.platform !== 'win32';
const root = process.geteuid?.() === 0;
if (!here) process.stdout.write('SKIPPED programs that git could run are shell scripts here\n');

const HOOKS = [
  ...['pre-receive', 'update', 'post-receive', 'post-update', 'proc-receive', 'push-to-checkout', 'pre-push'],
  ...['reference-transaction', 'post-checkout', 'post-index-change', 'fsmonitor-watchman', 'pre-auto-gc', 'post-merge'],
  ...['pre-commit', 'commit-msg', 'post-commit', 'post-rewrite', 'sendemail-validate', 'applypatch-msg'],
];

/** A line of a git settings file under its section: one file is sooner written than git is started fifty times. */
function setting(name: string, value: string): string {
  const [section = '', ...rest] = name.split('.');
  const key = rest.pop() as string;
  const within = rest.length > 0 ? ` "${rest.join('.')}"` : '';
  return `[${section}${within}]\n\t${key} = "${value.replace(/["\\]/g, '\\$&')}"\n`;
}

/** Puts a program that leaves a trace wherever the settings of a folder can name one. @returns what has run since */
function trapped(gitDir: string): () => string[] {
  const folder = temporaryFolder();
  const ran = join(folder, 'ran');
  const evil = (name: string) => {
    const program = join(folder, name);
    writeFileSync(program, `#!/bin/sh\necho ${name} >> ${ran}\n`, { mode: 0o755 });
    return program;
  };
  for (const hooks of ['hooks', '.githooks']) {
    mkdirSync(join(gitDir, hooks), { recursive: true });
    for (const hook of HOOKS) renameSync(evil(hook), join(gitDir, hooks, hook));
  }
  const named = [
    ...['core.fsmonitor', 'core.sshCommand', 'core.pager', 'core.editor', 'core.gitProxy', 'core.askPass'],
    ...['core.alternateRefsCommand', 'sequence.editor', 'diff.external', 'diff.evil.command', 'diff.evil.textconv'],
    ...['gpg.program', 'gpg.ssh.program', 'gpg.ssh.defaultKeyCommand', 'uploadpack.packObjectsHook', 'pager.log'],
    ...['pager.status', 'filter.evil.clean', 'filter.evil.smudge', 'filter.evil.process', 'merge.evil.driver'],
    ...['credential.helper', 'remote.origin.uploadpack', 'remote.origin.receivepack', 'receive.procReceiveRefs'],
    ...['trailer.evil.command', 'trailer.evil.cmd', 'interactive.diffFilter', 'web.browser', 'tar.evil.command'],
  ];
  const bang = ['alias.log', 'alias.status', 'alias.rev-list', 'alias.rev-parse', 'alias.cat-file', 'alias.fetch'];
  const settings = [
    ...named.map((name) => [name, evil(name)]),
    ...bang.map((name) => [name, `!${evil(name)}`]),
    ...['core.hooksPath', 'receive.hooksPath'].map((name) => [name, join(gitDir, '.githooks')]),
    ['core.attributesFile', join(folder, 'attributes')],
    ['log.showSignature', 'true'],
    ['merge.default', 'evil'],
    ['remote.origin.url', folder],
  ] as const;
  appendFileSync(join(gitDir, 'config'), settings.map(([name = '', value = '']) => setting(name, value)).join(''));
  writeFileSync(join(folder, 'attributes'), '* filter=evil diff=evil merge=evil\n');
  mkdirSync(join(gitDir, 'info'), { recursive: true });
  writeFileSync(join(gitDir, 'info/attributes'), '* filter=evil diff=evil merge=evil\n');
  return () => (existsSync(ran) ? readFileSync(ran, 'utf8').split('\n').filter(Boolean) : []);
}

/** Makes a repository ask another one, through a program, for what it has lost. */
function promised(gitDir: string): () => string[] {
  const program = join(temporaryFolder(), 'upload');
  writeFileSync(program, `#!/bin/sh\necho fetched >> ${program}.ran\nexit 1\n`, { mode: 0o755 });
  const set = (name: string, value: string) =>
    execFileSync('git', ['config', '--file', join(gitDir, 'config'), name, value]);
  set('core.repositoryFormatVersion', '1');
  set('extensions.partialClone', 'elsewhere');
  set('remote.elsewhere.promisor', 'true');
  set('remote.elsewhere.url', gitDir);
  set('remote.elsewhere.uploadpack', program);
  return () => (existsSync(`${program}.ran`) ? ['fetched'] : []);
}

/** Takes one object away, which a repository would then have to ask for. */
const lose = (gitDir: string, oid: string) => rmSync(join(gitDir, 'objects', oid.slice(0, 2), oid.slice(2)));

const attacks = suite('attacks by way of git');
const test = here ? attacks : attacks.skip;

test('attack 76: a program that a promised object would be fetched with', async () => {
  const git = await bareRepository({ a: '1', b: '2' });
  const main = (await git.resolve('refs/heads/main')) as string;
  const ran = promised(git.gitDir);
  const blob = (await git.entry(main, 'a'))?.oid as string;
  lose(git.gitDir, blob);
  await rejects(git.blob(blob), GitError);
  await rejects(git.run(['cat-file', 'blob', blob]), GitError);
  await git.changes(main, await commitFiles(git, null, { b: '3' }));
  const tree = await git.text(['rev-parse', `${main}^{tree}`]);
  lose(git.gitDir, tree);
  await rejects(git.entry(main, 'b'), GitError);
  await rejects(git.changes(main, await commitFiles(git, null, { b: '4' })), GitError);
  await rejects(git.writeTree(main, new Map()), GitError);
  assert.equal(ran(), []);
});

test('attack 76: the same in a training repository, and at the other end of a fetch', async () => {
  const { folder, commit } = workRepository();
  const [, tip] = [commit({ a: '1', 'data/b': '2' }), commit({ a: '2' })];
  const gitDir = join(folder, '.git');
  const ran = promised(gitDir);
  const blob = (await new Git(gitDir).entry(tip, 'data/b'))?.oid as string;
  lose(gitDir, blob);
  const training = new TrainingRepository(folder);
  await rejects(training.export(tip, join(temporaryFolder(), 'out'), LIMITS), RepositoryError);
  assert.equal(await training.commits('main', { limit: 1 }), [tip]);
  await training.code();
  const mirror = new Mirror({
    git: new Git(join(temporaryFolder(), 'mirror.git')),
    url: pathToFileURL(gitDir).href,
    login: async () => null,
    pauseMs: 1,
  });
  await mirror.sync().catch(() => {});
  assert.equal(ran(), []);
});

test('attack 76: programs wherever a registry’s folder can name one', async () => {
  const folder = join(temporaryFolder(), 'registry.git');
  await createRegistry(folder, new Map([['gate.json', '{}']]), tester, commitTime);
  const ran = trapped(folder);
  const git = new Git(folder);
  const main = (await git.resolve('refs/heads/main')) as string;
  const next = await commitFiles(git, main, { a: '1' });
  await git.updateRefs([{ ref: 'refs/heads/main', to: next, from: main }]);
  await git.firstParents(next, { path: 'a' });
  await git.changes(main, next);
  await git.mergeBases(main, next);
  assert.is((await git.blob((await git.entry(next, 'a'))?.oid as string)).toString(), '1');
  await rejects(git.run(['-c', 'gc.auto=1', 'gc', '--auto', '--quiet']), GitFolderRefusedError);
  assert.equal(ran(), []);
});

test('attack 76: programs in a mirror, in what it follows, in the log’s copy and in the log’s repository', async () => {
  const source = await bareRepository({ a: '1' });
  const copy = join(temporaryFolder(), 'mirror.git');
  const url = pathToFileURL(source.gitDir).href;
  const mirror = new Mirror({ git: new Git(copy), url, login: async () => null, pauseMs: 1 });
  const main = await mirror.sync();
  const traps = [trapped(source.gitDir)];
  await mirror.sync();
  const to = await commitFiles(mirror.git, main, { a: '2' });
  await mirror.push({ ref: 'refs/heads/side', to, from: null });
  assert.is(await source.resolve('refs/heads/side'), to);
  traps.push(trapped(copy));
  await rejects(mirror.sync(), GitFolderRefusedError);
  await rejects(mirror.push({ ref: 'refs/heads/other', to, from: null }), GitFolderRefusedError);

  const local = new Git(join(temporaryFolder(), 'events.db.git'));
  const log = new GitLogBranch({
    git: (args, options) => local.run(args, options),
    repository: source.gitDir,
    branch: 'pawl/log',
    by: tester,
    clock: () => commitTime,
  });
  assert.is(await log.tip(), null);
  const segment = { path: 'segments/1', bytes: Buffer.from('x'), message: 'one' } as unknown as Parameters<
    GitLogBranch['write']
  >[1][number];
  const wrote = await log.write(null, [segment]);
  assert.equal(await log.push(null, wrote), { state: 'pushed' });
  await log.fetch();
  traps.push(trapped(local.gitDir));
  await log.commits(null, wrote);
  await rejects(log.fetch(), StoreError);
  await log.close();
  assert.equal(
    traps.flatMap((ran) => ran()),
    [],
  );
});

/** Ways in which a mirror's settings could send what it holds, or its login, elsewhere, or run a program. */
const LEAKS = (evil: string, url: string, program: string): readonly (readonly [string, string])[] => [
  [`url.${evil}.insteadOf`, url],
  [`url.${evil}.pushInsteadOf`, url],
  [`remote.${url}.url`, evil],
  [`remote.${url}.pushurl`, evil],
  [`remote.${url}.vcs`, 'ext'],
  [`remote.${url}.uploadpack`, program],
  [`remote.${url}.proxy`, evil],
  ['http.proxy', evil],
  [`http.${url}.proxy`, evil],
  [`http.${url}.sslVerify`, 'false'],
  [`http.${url}.followRedirects`, 'true'],
  [`http.${url}.extraHeader`, 'X: y'],
  ['http.curloptResolve', '+example.com:443:127.0.0.1'],
  ['http.cookieFile', '/etc/passwd'],
  ['fetch.bundleURI', evil],
  ['credential.helper', `!${program}`],
  [`credential.${url}.helper`, `!${program}`],
  ['core.sshCommand', program],
  ['core.gitProxy', program],
  ['core.askPass', program],
  ['gc.recentObjectsHook', program],
  ['extensions.worktreeConfig', 'true'],
];

test('attack 110: settings of a mirror that send what it holds elsewhere, or run a program', async () => {
  const [source, other] = [await bareRepository({ a: '1' }), await bareRepository({ b: '1' })];
  const token = 'canary';
  const served = await serveGit(source.gitDir, token);
  const heard: string[] = [];
  const listener = createServer((request, response) => {
    heard.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`);
    response.writeHead(502).end();
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const evil = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
  const program = join(temporaryFolder(), 'tattle');
  writeFileSync(program, `#!/bin/sh\necho ran >> ${program}.ran\n`, { mode: 0o755 });
  const git = new Git(join(temporaryFolder(), 'mirror.git'));
  const login = async () => ({ user: 'x-access-token', password: token });
  const mirror = new Mirror({ git, url: served.url, login, pauseMs: 1 });
  const main = await mirror.sync();
  const config = join(git.gitDir, 'config');
  const plain = readFileSync(config, 'utf8');
  const included = join(temporaryFolder(), 'included');
  writeFileSync(included, `[url "${other.gitDir}"]\n\tinsteadOf = ${served.url}\n`);
  const settings = [
    ...LEAKS(evil, served.url, program),
    ['include.path', included] as const,
    [`includeIf.gitdir:${git.gitDir}.path`, included] as const,
  ];
  for (const [name, value] of settings) {
    writeFileSync(config, plain);
    execFileSync('git', ['config', '--file', config, name, value]);
    served.requests.length = 0;
    const refused = await rejects(mirror.sync(), GitFolderRefusedError);
    assert.ok(refused.message.includes(name.split('.')[0]?.toLowerCase() ?? ''), refused.message);
    await rejects(mirror.push({ ref: 'refs/heads/x', to: main, from: null }), GitFolderRefusedError);
    assert.equal([heard, served.requests, existsSync(`${program}.ran`)], [[], [], false], name);
    const [advice = ''] = /(?<=`git )config .*?(?=`)/.exec(refused.message) ?? [];
    execFileSync('git', advice.split(' '));
    assert.is(await mirror.sync(), main, 'the advice helps');
  }
  listener.close();
  await served.close();
});

test('attack 110: objects of other folders, in a training repository and at the other end of a fetch', async () => {
  const borrowed = workRepository();
  borrowed.commit({ secret: '1' });
  const borrow = (gitDir: string) => {
    mkdirSync(join(gitDir, 'objects/info'), { recursive: true });
    writeFileSync(join(gitDir, 'objects/info/alternates'), `${join(borrowed.folder, '.git/objects')}\n`);
  };
  const { folder, commit, git } = workRepository();
  const tip = commit({ a: '1' });
  const linked = join(temporaryFolder(), 'linked');
  git('worktree', 'add', '-q', linked);
  borrow(join(folder, '.git'));
  for (const place of [folder, linked]) {
    const training = new TrainingRepository(place);
    assert.match((await rejects(training.commits('main'), RepositoryError)).message, /objects\/info\/alternates/);
    const exported = training.export(tip, join(temporaryFolder(), 'out'), LIMITS);
    assert.match((await rejects(exported, RepositoryError)).message, /objects\/info\/alternates/);
  }
  const bare = join(temporaryFolder(), 'bare');
  renameSync((await bareRepository({ a: '1' })).gitDir, `${bare}.git`);
  borrow(`${bare}.git`);
  for (const remote of [folder, linked, bare]) {
    const mirror = new Mirror({
      git: new Git(join(temporaryFolder(), 'mirror.git')),
      url: pathToFileURL(remote).href,
      login: async () => null,
      pauseMs: 1,
    });
    await rejects(mirror.sync(), GitFolderRefusedError);
  }
});

test('attack 76: programs wherever a training repository’s folder can name one', async () => {
  const { folder, commit } = workRepository();
  const [first, tip] = [commit({ a: '1', '.gitattributes': '* filter=evil diff=evil\n' }), commit({ a: '2' })];
  const ran = trapped(join(folder, '.git'));
  writeFileSync(join(folder, 'a'), 'changed');
  const training = new TrainingRepository(folder);
  assert.equal(await training.code(), { commit: tip, dirty: true });
  assert.equal(await training.commits('main', { after: first, paths: ['a'] }), [tip]);
  assert.is((await training.head())?.commit, tip);
  await training.export(tip, join(temporaryFolder(), 'out'), LIMITS);
  assert.is(await training.hooksFolder(), join(folder, '.git/.githooks'), 'settings are still told');
  assert.equal(ran(), []);
});

test('attack 76: other objects in the place of some, by refs/replace, grafts or another folder', async () => {
  const git = await bareRepository({ a: '1' });
  const main = (await git.resolve('refs/heads/main')) as string;
  const other = await commitFiles(git, null, { a: 'other' });
  await git.updateRefs([{ ref: `refs/replace/${main}`, to: other, from: null }]);
  mkdirSync(join(git.gitDir, 'info'), { recursive: true });
  writeFileSync(join(git.gitDir, 'info/grafts'), `${main} ${other}\n`);
  assert.is((await git.blob((await git.entry(main, 'a'))?.oid as string)).toString(), '1');
  assert.equal(
    (await git.firstParents(main)).map((c) => c.oid),
    [main],
  );
  assert.equal(await git.mergeBases(main, other), []);
  const elsewhere = await bareRepository({ b: '1' });
  mkdirSync(join(git.gitDir, 'objects/info'), { recursive: true });
  writeFileSync(join(git.gitDir, 'objects/info/alternates'), `${join(elsewhere.gitDir, 'objects')}\n`);
  const refused = await rejects(git.resolve('refs/heads/main'), GitFolderRefusedError);
  assert.match(refused.message, /repack -a -d/);
  execFileSync('git', ['--git-dir', git.gitDir, 'repack', '-a', '-d', '-q']);
  rmSync(join(git.gitDir, 'objects/info/alternates'));
  assert.is(await git.resolve('refs/heads/main'), main, 'the advice helps');
});

test('attack 76: a push to a local registry of what is no branch, or is main by another name', async () => {
  const folder = join(temporaryFolder(), 'registry.git');
  const { commit: main } = await createRegistry(folder, new Map(), tester, commitTime);
  const clone = workRepository();
  clone.git('fetch', '-q', folder, 'main');
  clone.git('reset', '-q', '--hard', 'FETCH_HEAD');
  const other = clone.commit({ a: '1' });
  const push = (ref: string): string => {
    try {
      clone.git('push', '-q', '--force', folder, `${other}:${ref}`);
      return 'taken';
    } catch (error) {
      return String((error as { stderr?: string }).stderr);
    }
  };
  assert.match(push(`refs/replace/${main}`), 'only branches may be pushed here');
  for (const ref of ['refs/notes/commits', 'refs/tags/v1', 'refs/anything/x', 'refs/pawl/leases/x', 'refs/pull/1/head'])
    assert.match(push(ref), /only branches|hidden ref/, ref);
  for (const ref of ['refs/heads/main', 'refs/heads/MAIN', 'refs/heads/Main'])
    assert.match(push(ref), 'main is production', ref);
  assert.is(push('refs/heads/promote/x'), 'taken');
});

/** Everything in a folder, and itself, as another user's. */
function giveAway(folder: string, user: number): void {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    chownSync(join(folder, name), user, user);
  chownSync(folder, user, user);
}

const STRANGER = 65_534;
if (here && !root) process.stdout.write('SKIPPED attack 77: only root can give a folder to another user\n');
const asRoot = here && root ? attacks : attacks.skip;

asRoot('attack 77: a folder of another owner, unless the user trusts it', async () => {
  const git = await bareRepository({ a: '1' });
  const main = (await git.resolve('refs/heads/main')) as string;
  giveAway(git.gitDir, STRANGER);
  const refused = await rejects(git.entry(main, 'a'), GitFolderRefusedError);
  assert.match(refused.message, /belongs to another user \(65534, this is 0\).*dubious ownership.*safe\.directory/);
  await rejects(git.resolve('refs/heads/main'), GitFolderRefusedError);
  await rejects(git.updateRefs([{ ref: 'refs/heads/x', to: main, from: null }]), GitFolderRefusedError);
  await rejects(createRegistry(git.gitDir, new Map(), tester, commitTime), GitFolderRefusedError);
  const mirror = new Mirror({
    git: new Git(join(temporaryFolder(), 'mirror.git')),
    url: pathToFileURL(git.gitDir).href,
    login: async () => null,
  });
  await rejects(mirror.sync(), GitFolderRefusedError);

  const { folder, commit } = workRepository();
  commit({ a: '1' });
  giveAway(folder, STRANGER);
  const training = new TrainingRepository(folder);
  for (const ask of ['code', 'head', 'hooksFolder', 'commits'] as const)
    assert.match((await rejects(training[ask]('main'), RepositoryError)).message, /dubious ownership.*safe\.directory/);

  const home = temporaryFolder();
  const before = process.env.HOME;
  process.env.HOME = home;
  try {
    for (const path of [git.gitDir, folder])
      execFileSync('git', ['config', '--global', '--add', 'safe.directory', path], {
        env: { ...process.env, HOME: home },
      });
    assert.is(await git.resolve('refs/heads/main'), main, 'the advice helps');
    assert.is(await mirror.sync(), main, 'at the other end as well');
    const trusted = new TrainingRepository(folder);
    const [tip = '', ...more] = await trusted.commits('main');
    assert.equal(more, []);
    await trusted.export(tip, join(temporaryFolder(), 'out'), LIMITS);
  } finally {
    process.env.HOME = before;
  }
});

test('attack 78: secrets of this process in the environment of git, in any command', async () => {
  const [home, bin] = [temporaryFolder(), temporaryFolder()];
  const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
  const seen = join(bin, 'seen');
  writeFileSync(join(bin, 'git'), `#!/bin/sh\nenv >> ${seen}\necho "=== $*" >> ${seen}\nexec ${real} "$@"\n`);
  chmodSync(join(bin, 'git'), 0o755);
  const repository = workRepository(home);
  const settings = 'data:\n  kind: sample\n  train: 60\n  test: 40\npolicy:\n  minimum: 0.5\nevents:\n  store: git\n';
  repository.commit({ 'pawl.yaml': settings, '.gitignore': '.pawl\n' });
  const names = [
    ...['PAWL_SECRET_FORGE_TOKEN', 'PAWL_SECRET_WEBHOOK', 'AWS_ACCESS_KEY_ID', 'GH_TOKEN'],
    ...['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'GITHUB_TOKEN', 'HF_TOKEN', 'NPM_TOKEN', 'SSH_AUTH_SOCK'],
    ...['GIT_SSH_COMMAND', 'GIT_EXTERNAL_DIFF', 'GIT_PROXY_COMMAND', 'GIT_EDITOR', 'GIT_ALTERNATE_OBJECT_DIRECTORIES'],
  ];
  const env = {
    ...Object.fromEntries(names.map((name) => [name, `canary-${name}`])),
    PATH: `${bin}${delimiter}${process.env.PATH}`,
  };
  const commands = [
    ['registry', 'init'],
    ['doctor'],
    ['train', '--workers', '1'],
    ['promote'],
    ['baseline'],
    ['events', 'list'],
    ['registry', 'status'],
    ['audit'],
    ['reconcile'],
    ['hook', 'install', '--repo', home],
    ['watch', '--once', '--repo', home],
  ];
  for (const [at, command] of commands.entries()) {
    // A process asks git for its version once, and this one has.
    const ran = await (at === 0 ? processOfItsOwn : pawl)(home, command, { env });
    assert.is.not(ran.code, 2, `${command.join(' ')} is no command as given: ${ran.stderr}`);
  }
  const text = readFileSync(seen, 'utf8');
  const calls = text.split('\n').filter((line) => line.startsWith('=== '));
  for (const word of ['--version', 'update-ref', 'cat-file', 'status', 'push', 'rev-list'])
    assert.ok(
      calls.some((call) => call.includes(word)),
      `no git ${word} was seen`,
    );
  assert.equal([...new Set(text.match(/^.*canary-.*$/gm) ?? [])], []);
  assert.ok(statSync(seen).size > 0);
});

test('attack 78: the git that stands before every command of the tests notices a secret', () => {
  const git = join(checkout, 'test/support/bin/git');
  const env = { PATH: `${join(checkout, 'test/support/bin')}${delimiter}${process.env.PATH}` };
  assert.match(execFileSync(git, ['--version'], { encoding: 'utf8', env }), /^git version/);
  const ran = spawnSync(git, ['--version'], { encoding: 'utf8', env: { ...env, TEST_CANARY_TOKEN: 'secret' } });
  assert.equal([ran.status, ran.stdout, /attack 78/.test(ran.stderr)], [97, '', true]);
});

attacks.run();
