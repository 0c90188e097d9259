import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { AmbiguousPathError, type Git } from '../../registry-repo/git.ts';
import { bareRepository, commitFiles, commitTime, tester } from '../support/git.ts';
import { rejects } from '../support/rejects.ts';

const git = suite<{ repo: Git; first: string }>('git');
git.before.each(async (context) => {
  context.repo = await bareRepository({ a: '1', 'folder/b': '2' });
  context.first = (await context.repo.resolve('refs/heads/main')) as string;
});

/** A merge commit, as some forges make them. */
const merge = async (
  repo: Git,
  parents: readonly string[],
  files: Readonly<Record<string, string>>,
  message: string,
) => {
  const side = await commitFiles(repo, parents[0] as string, files);
  const tree = await repo.text(['rev-parse', `${side}^{tree}`]);
  return repo.writeCommit({ tree, parents, message, by: tester, time: commitTime });
};

git('walks main along its own line, past what was merged into it', async ({ repo, first }) => {
  const side = await commitFiles(repo, first, { a: 'side' }, 'on a side branch');
  const other = await commitFiles(repo, first, { c: 'x' }, 'unrelated');
  const tip = await merge(repo, [other, side], { a: 'side' }, 'a merge\n\nwith a body\n');
  const line = await repo.firstParents(tip);
  assert.equal(
    line.map((c) => c.message),
    ['a merge\n\nwith a body\n', 'unrelated', 'start'],
  );
  assert.equal(line[0]?.parents, [other, side]);
  assert.equal(
    (await repo.firstParents(tip, { path: 'a' })).map((c) => c.oid),
    [tip, first],
    'the merge brought the change to main, not the side branch',
  );
  assert.equal(
    (await repo.firstParents(tip, { after: first })).map((c) => c.oid),
    [tip, other],
  );
  assert.equal(
    (await repo.firstParents(tip, { max: 1 })).map((c) => c.oid),
    [tip],
  );
  assert.equal(await repo.firstParents(tip, { path: 'never' }), []);
});

git('knows who descends from whom', async ({ repo, first }) => {
  const [left, right] = [await commitFiles(repo, first, { a: 'l' }), await commitFiles(repo, first, { a: 'r' })];
  assert.equal(await repo.mergeBases(left, right), [first]);
  assert.is(await repo.isAncestor(first, left), true);
  assert.is(await repo.isAncestor(left, right), false);
  const criss = await merge(repo, [left, right], { a: 'x' }, 'criss');
  const cross = await merge(repo, [right, left], { a: 'y' }, 'cross');
  assert.equal((await repo.mergeBases(criss, cross)).sort(), [left, right].sort());
  const stranger = await commitFiles(repo, null, { z: 'z' });
  assert.equal(await repo.mergeBases(left, stranger), []);
});

git('takes only commits for commits', async ({ repo, first }) => {
  const blob = await repo.writeBlob('text');
  const tree = await repo.text(['rev-parse', `${first}^{tree}`]);
  assert.is(await repo.commitId(first), first);
  for (const other of [blob, tree, 'f'.repeat(40)]) assert.is(await repo.commitId(other), null, other);
});

git('lists a folder as its tree object has it', async ({ repo, first }) => {
  const paths = async (folder: string) => (await repo.folder(first, folder)).map((e) => e.path);
  assert.equal(await paths(''), ['a', 'folder']);
  assert.equal(await paths('folder'), ['folder/b']);
  assert.equal(await paths('nowhere'), []);
  assert.equal(await paths('a'), [], 'a file is no folder');
});

git('refuses to choose between two entries of one name', async ({ repo }) => {
  const blobs = [await repo.writeBlob('one'), await repo.writeBlob('two')];
  const tree = await repo.text(['mktree'], { input: blobs.map((oid) => `100644 blob ${oid}\ta\n`).join('') });
  await rejects(repo.entry(tree, 'a'), AmbiguousPathError);
});

git.run();
