import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ForgeError } from '../../../pipeline/forge/errors.ts';
import { Mirror, mirroredBy, networkOf } from '../../../pipeline/forge/mirror.ts';
import { Git, RefMovedError } from '../../../registry-repo/git.ts';
import { type GitHubDouble, startGitHubDouble } from '../../doubles/github/double.ts';
import { pawl } from '../../support/cli-here.ts';
import { bareRepository, commitFiles } from '../../support/git.ts';
import { temporaryFolder } from '../../support/paths.ts';
import { rejects } from '../../support/rejects.ts';

const mirrors = suite('mirror of a registry');

const nobody = () => Promise.resolve(null);
const mirrorOf = (remote: Git, path = join(temporaryFolder(), 'mirror.git')) =>
  new Mirror({ git: new Git(path), url: pathToFileURL(remote.gitDir).href, login: nobody, pauseMs: 1 });

mirrors('follows main and branches, and what is gone goes', async () => {
  const remote = await bareRepository({ a: 'a' });
  const mirror = mirrorOf(remote);
  const main = await mirror.sync();
  assert.is(main, await remote.resolve('refs/heads/main'));
  await remote.updateRefs([{ ref: 'refs/heads/promote/x', to: main, from: null }]);
  await mirror.sync();
  assert.is(await mirror.git.resolve('refs/heads/promote/x'), main);
  await remote.updateRefs([{ ref: 'refs/heads/promote/x', to: null, from: main }]);
  await remote.updateRefs([{ ref: 'refs/heads/promote/x/1', to: main, from: null }]);
  await mirror.sync();
  assert.equal(
    [await mirror.git.resolve('refs/heads/promote/x'), await mirror.git.resolve('refs/heads/promote/x/1')],
    [null, main],
  );
});

mirrors('leaves the event log’s branch where it is', async () => {
  const remote = await bareRepository({ a: 'a' });
  const main = (await remote.resolve('refs/heads/main')) as string;
  await remote.updateRefs([{ ref: 'refs/heads/pawl/log', to: main, from: null }]);
  const mirror = mirrorOf(remote);
  await mirror.sync();
  assert.is(await mirror.git.resolve('refs/heads/pawl/log'), null);
});

mirrors('is made once, whoever comes first, and used by several at once', async () => {
  const remote = await bareRepository({ a: 'a' });
  const path = join(temporaryFolder(), 'mirror.git');
  const many = Array.from({ length: 6 }, () => mirrorOf(remote, path));
  for (let round = 0; round < 3; round++) {
    const from = (await remote.resolve('refs/heads/main')) as string;
    const to = await commitFiles(remote, from, { a: `${round}` });
    await remote.updateRefs([{ ref: 'refs/heads/main', to, from }]);
    assert.equal(new Set(await Promise.all(many.map((m) => m.sync()))), new Set([to]));
  }
  assert.equal(readdirSync(dirname(path)), ['mirror.git']);
});

mirrors('leaves a registry alone that is no mirror, and a mirror of another', async () => {
  const [remote, local] = [await bareRepository({ a: 'a' }), await bareRepository({ b: 'b' })];
  const before = await local.resolve('refs/heads/main');
  assert.match((await rejects(mirrorOf(remote, local.gitDir).sync(), ForgeError)).message, 'registry.path');
  assert.is(await local.resolve('refs/heads/main'), before);
  const path = join(temporaryFolder(), 'mirror.git');
  await mirrorOf(local, path).sync();
  assert.match((await rejects(mirrorOf(remote, path).sync(), ForgeError)).message, 'mirror of file:');
});

mirrors('is never taken for the registry itself', async () => {
  const remote = await bareRepository({ a: 'a' });
  const home = temporaryFolder();
  const path = join(home, '.pawl/registry.git');
  const mirror = mirrorOf(remote, path);
  const main = await mirror.sync();
  assert.equal([mirroredBy(path), mirroredBy(remote.gitDir)], [mirror.url, null]);
  for (const args of [
    ['registry', 'init'],
    ['registry', 'init', '--dry-run'],
    ['registry', 'status'],
    ['registry', 'log'],
  ]) {
    const { code, stderr } = await pawl(home, args);
    assert.is(code, 3, `${args.join(' ')}: ${stderr}`);
    assert.match(stderr, `is a copy of the registry at ${mirror.url}`);
  }
  assert.is(await mirror.git.resolve('refs/heads/main'), main);
});

mirrors('moves refs from where they are believed to be, all or none', async () => {
  const remote = await bareRepository({ a: 'a' });
  const mirror = mirrorOf(remote);
  const main = await mirror.sync();
  const [one, two] = [await commitFiles(mirror.git, main, { a: '1' }), await commitFiles(mirror.git, main, { a: '2' })];
  await mirror.push({ ref: 'refs/heads/x', to: one, from: null });
  await rejects(mirror.push({ ref: 'refs/heads/x', to: two, from: main }), RefMovedError);
  await rejects(
    mirror.push({ ref: 'refs/heads/main', to: two, from: main }, { ref: 'refs/heads/x', to: two, from: null }),
    RefMovedError,
  );
  assert.is(await remote.resolve('refs/heads/main'), main);
  await mirror.push({ ref: 'refs/heads/main', to: two, from: main }, { ref: 'refs/heads/x', to: null, from: one });
  assert.equal([await remote.resolve('refs/heads/main'), await remote.resolve('refs/heads/x')], [two, null]);
  await mirror.push({ ref: 'refs/heads/main', to: two, from: main }); // is there already
});

mirrors('says what to do where there is no registry', async () => {
  const gone = new Git(join(temporaryFolder(), 'nothing.git'));
  const error = await rejects(mirrorOf(gone).sync(), ForgeError);
  assert.match(error.message, 'nothing.git');
});

const TOKEN = 'github_pat_very_secret_indeed_0123456789';

/** Every byte that a mirror keeps. */
function bytesUnder(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile())
    .map((file) => readFileSync(file, 'latin1'))
    .join('\n');
}

mirrors('a token reaches git, and is in no file and no error', async () => {
  const double: GitHubDouble = await startGitHubDouble();
  try {
    await double.createRepo('org/registry', { a: 'a' });
    const good = double.token('person', { repo: 'org/registry' });
    const git = new Git(join(temporaryFolder(), 'mirror.git'));
    const url = `${double.web}/org/registry.git`;
    let password = good;
    const mirror = new Mirror({ git, url, login: async () => ({ user: 'x-access-token', password }), pauseMs: 1 });
    const main = await mirror.sync();
    const head = await commitFiles(git, main, { a: '1' });
    await mirror.push({ ref: 'refs/heads/x', to: head, from: null });
    assert.ok(existsSync(git.gitDir));
    const encoded = (token: string) => Buffer.from(`x-access-token:${token}`).toString('base64');
    const kept = bytesUnder(git.gitDir);
    assert.not.ok(kept.includes(good) || kept.includes(encoded(good)));
    password = TOKEN;
    const error = await rejects(mirror.sync(), ForgeError);
    assert.is(error.reason, 'refused');
    const shown = `${error.message}${error.stack}${(error.cause as Error).message}${JSON.stringify(error.cause)}`;
    assert.not.ok(shown.includes(TOKEN) || shown.includes(encoded(TOKEN)));
  } finally {
    await double.close();
  }
});

mirrors('git gets the proxies that our own requests take, and nothing else of the environment', () => {
  const env = {
    HTTP_PROXY: 'http://a:1',
    HTTPS_PROXY: 'http://b:2',
    https_proxy: 'http://c:3',
    NO_PROXY: '',
    PATH: '/bin',
  };
  assert.equal(networkOf(env), { https_proxy: 'http://c:3', http_proxy: 'http://a:1' });
  assert.equal(networkOf({ GIT_SSL_CAINFO: '/a.pem', no_proxy: '*' }), { no_proxy: '*', GIT_SSL_CAINFO: '/a.pem' });
});

mirrors.run();
