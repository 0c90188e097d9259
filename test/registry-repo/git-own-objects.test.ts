import { execFileSync } from 'node:child_process';
import { readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Git } from '../../registry-repo/git.ts';
import { printCommit } from '../../registry-repo/git-commit.ts';
import { writeLoose } from '../../registry-repo/git-loose.ts';
import { GitError } from '../../registry-repo/git-process.ts';
import { writeBlobByGit, writeCommitByGit, writeTreeByGit } from '../../registry-repo/git-write.ts';
import { bareRepository, commitFiles, commitTime, tester } from '../support/git.ts';
import { temporaryFolder } from '../support/paths.ts';
import { rejects } from '../support/rejects.ts';

const objects = suite<{ repo: Git; main: string }>('objects that are written without git');
objects.before.each(async (context) => {
  context.repo = await bareRepository({ 'a.txt': '1', 'a/b': '2', 'a-b': '3', 'folder/in/c': '4', 'folder/d': '5' });
  context.main = (await context.repo.resolve('refs/heads/main')) as string;
});

const loose = ({ gitDir }: Git): string[] =>
  readdirSync(join(gitDir, 'objects'), { recursive: true, encoding: 'utf8' }).filter((f) => f.length > 30);

/** What git says against a repository: every object whole, of its own hash, in the form that git writes. */
const fsck = ({ gitDir }: Git): string =>
  execFileSync('git', ['--git-dir', gitDir, 'fsck', '--strict', '--full', '--no-dangling'], {
    encoding: 'utf8',
    stdio: 'pipe',
  });

objects('have the ids that git gives them, and git finds nothing wrong with them', async ({ repo, main }) => {
  const other = await bareRepository({});
  const contents = [
    '',
    '\n',
    'é\0☃',
    'x'.repeat(100_000),
    Buffer.from([0xff, 0xfe]),
    Buffer.alloc(2_000_000, 'large\n'),
  ];
  for (const content of contents) {
    const bytes = Buffer.from(content as string);
    assert.is(await repo.writeBlob(content), await writeBlobByGit(other, bytes));
    assert.ok((await repo.blob(await repo.writeBlob(content))).equals(bytes));
  }
  const blob = await repo.writeBlob('new');
  const edits: Record<string, string | null>[] = [
    { z: blob, '0': blob, 'a.txt': null },
    { a: blob },
    { 'a.txt/deep/er': blob },
    { 'a/b': null },
    { 'folder/in/c': null, 'folder/d': null },
    { 'a/x': null, 'a.txt/x': null, nowhere: null, folder: null },
    { 'folder/in/new': blob, 'folder/in-between': blob, 'folder/in.c': blob },
    { '.github/workflows/x.yml': blob, '.gitattributes': blob },
  ];
  for (const edit of edits) {
    const files = new Map(Object.entries(edit));
    const before = loose(repo).length;
    const tree = await repo.writeTree(main, files);
    const added = loose(repo).length - before;
    assert.is(tree, await writeTreeByGit(repo, main, files), JSON.stringify(edit));
    assert.is(loose(repo).length - before, added, 'git had none to add');
    const by = { name: 'Zoë [bot]', email: 'z@example.org' };
    for (const message of ['one', 'two\n', '', 'Größe\n\nbody\n\n\n', '\n\nlate']) {
      const commit = { tree, parents: [main], message, by, time: commitTime };
      assert.ok(printCommit(commit));
      assert.is(await repo.writeCommit(commit), await writeCommitByGit(repo, commit), JSON.stringify(message));
    }
  }
  assert.is(await repo.writeTree(null, new Map()), await writeTreeByGit(repo, null, new Map()));
  await repo.updateRefs([{ ref: 'refs/heads/x', to: await commitFiles(repo, main, { y: '1' }), from: null }]);
  assert.is(fsck(repo), '');
  const modes = loose(repo).map((name) => statSync(join(repo.gitDir, 'objects', name)).mode & 0o777);
  if (process.platform !== 'win32') assert.equal([...new Set(modes)], [0o444]);
  assert.not.ok(loose(repo).some((name) => name.includes('tmp_obj')));
});

objects('are left to git where it has rules of its own', async ({ repo, main }) => {
  assert.is(await writeLoose(repo.gitDir, 'blob', Buffer.from([0x80])), null, 'bytes that could be an attack on SHA-1');
  const blob = await repo.writeBlob('new');
  const { tree: same } = await repo.commit(main);
  for (const path of ['.git/config', 'a/../b', '/a', 'a//b', '.GIT/x', 'a/.'])
    assert.is(await repo.writeTree(main, new Map([[path, blob]])), same, 'git passes over what no tree may hold');
  await rejects(repo.writeTree(main, new Map([['x', 'f'.repeat(40)]])), GitError);
  const commit = { tree: await repo.writeTree(main, new Map()), parents: [main], message: 'm', by: tester };
  for (const name of ['', '<>', '. ']) {
    const by = { name, email: tester.email };
    await rejects(repo.writeCommit({ ...commit, by, time: commitTime }), GitError);
  }
  const odd = await repo.writeCommit({ ...commit, by: { name: ' "A" <B>.', email: 'a@b' }, time: commitTime });
  assert.match((await repo.run(['cat-file', 'commit', odd])).toString(), /^author A" B <a@b>/m);
  await rejects(repo.writeCommit({ ...commit, message: 'a\0b', by: tester, time: commitTime }), GitError);
  await rejects(repo.writeCommit({ ...commit, parents: [blob], by: tester, time: commitTime }), GitError);
});

objects('of a repository with SHA-256 are git’s', async () => {
  const folder = join(temporaryFolder(), 'other.git');
  execFileSync('git', ['init', '-q', '--bare', '--object-format=sha256', '-b', 'main', folder]);
  const repo = new Git(folder);
  const commit = await commitFiles(repo, null, { a: '1', 'b/c': '2' });
  assert.is(commit.length, 64);
  await repo.run(['update-ref', 'refs/heads/main', commit]);
  assert.is(await repo.resolve('refs/heads/main'), commit);
  assert.equal(await repo.refs('refs/heads/'), [{ ref: 'refs/heads/main', oid: commit }]);
  const next = await commitFiles(repo, commit, { a: null });
  assert.equal((await repo.commit(next)).parents, [commit]);
  assert.is(fsck(repo), '');
});

objects('that are commits are read as git reads them', async ({ repo, main }) => {
  const { tree } = await repo.commit(main);
  assert.is(tree, await repo.text(['rev-parse', `${main}^{tree}`]));
  const next = await repo.writeCommit({ tree, parents: [main], message: 'a\n\nb\n', by: tester, time: commitTime });
  const text = (await repo.run(['cat-file', 'commit', next])).toString();
  const latin = Buffer.from(text.replace('\n\n', '\nencoding ISO-8859-1\n\nGr\u00f6\u00dfe '), 'latin1');
  const other = await repo.text(['hash-object', '-w', '-t', 'commit', '--stdin'], { input: latin });
  assert.equal(await repo.commit(next), { tree, parents: [main], message: 'a\n\nb' });
  assert.equal(await repo.commit(other), { tree, parents: [main], message: 'Größe a\n\nb' });
  await rejects(repo.commit(tree), GitError);
  await rejects(repo.commit('f'.repeat(40)), GitError);
});

const refs = suite<{ repo: Git; main: string }>('refs that are read without git');
refs.before.each(async (context) => {
  context.repo = await bareRepository({ a: '1' });
  context.main = (await context.repo.resolve('refs/heads/main')) as string;
});

refs('are the same loose, packed, both, and gone', async ({ repo, main }) => {
  const next = await commitFiles(repo, main, { b: '1' });
  const names = ['refs/heads/a/b', 'refs/heads/c', 'refs/pawl/x'];
  await repo.updateRefs(names.map((ref) => ({ ref, to: main, from: null })));
  await repo.run(['pack-refs', '--all']);
  await repo.updateRefs([
    { ref: 'refs/heads/c', to: next, from: main },
    { ref: 'refs/pawl/x', to: null, from: main },
    { ref: 'refs/heads/late', to: next, from: null },
  ]);
  const asked = async (prefix: string) => repo.text(['for-each-ref', '--format=%(refname) %(objectname)', prefix]);
  for (const prefix of ['refs/heads/', 'refs/pawl/', 'refs/nothing/', 'refs/heads/a/', 'refs/']) {
    const found = await repo.refs(prefix);
    assert.is(found.map(({ ref, oid }) => `${ref} ${oid}`).join('\n'), await asked(prefix), prefix);
  }
  assert.is(await repo.resolve('refs/heads/a/b'), main);
  assert.is(await repo.resolve('refs/heads/c'), next);
  for (const none of ['refs/pawl/x', 'refs/heads/a', 'refs/heads/c/d', 'refs/heads/nothing', 'refs/heads/b'])
    assert.is(await repo.resolve(none), null, none);
});

refs('are git’s to read where they are no plain file', async ({ repo, main }) => {
  await repo.run(['symbolic-ref', 'refs/heads/same', 'refs/heads/main']);
  assert.is(await repo.resolve('refs/heads/same'), main);
  assert.is((await repo.refs('refs/heads/')).find((r) => r.ref === 'refs/heads/same')?.oid, main);
  if (process.platform !== 'win32') {
    symlinkSync('refs/heads/main', join(repo.gitDir, 'refs/heads/link'));
    assert.is(await repo.resolve('refs/heads/link'), main);
  }
  writeFileSync(join(repo.gitDir, 'refs/heads/broken'), '');
  assert.is(await repo.resolve('refs/heads/broken'), null, 'as git says');
  const secret = join(temporaryFolder(), 'secret');
  writeFileSync(secret, `${main}\n`);
  for (const name of ['refs/../HEAD', 'HEAD^', `refs/../../${secret}`, 'refs/heads/main^', 'refs/heads/.x'])
    await repo.resolve(name).then(
      (oid) => assert.ok(oid === null || !name.includes('secret'), name),
      (error) => assert.instance(error, GitError),
    );
});

refs(
  'name what they name though the object is missing, and where there is no repository that is said',
  async ({ repo, main }) => {
    const gone = 'e'.repeat(40);
    writeFileSync(join(repo.gitDir, 'refs/heads/gone'), `${gone}\n`);
    assert.is(await repo.resolve('refs/heads/gone'), gone);
    await rejects(repo.commit(gone), GitError);
    await rejects(new Git(join(temporaryFolder(), 'nowhere.git')).resolve('refs/heads/main'), GitError);
    await rejects(new Git(temporaryFolder()).refs('refs/heads/'), GitError);
    writeFileSync(join(repo.gitDir, 'HEAD'), '');
    await rejects(repo.resolve('refs/heads/nothing'), GitError);
    assert.is(main.length, 40);
  },
);

objects.run();
refs.run();
