import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { RepositoryError, TrainingRepository } from '../../../pipeline/source/repository.git.ts';
import { temporaryFolder } from '../../support/paths.ts';
import { rejects } from '../../support/rejects.ts';
import { LIMITS } from '../../support/watched.ts';
import { workRepository } from '../../support/work-repository.ts';

const training = suite('training repository');

training('lists the commits that touch the paths, newest first, after one that is known', async () => {
  const { folder, commit } = workRepository();
  const a = commit({ 'data/a.csv': '1' });
  const b = commit({ 'docs/x.md': '1' });
  const c = commit({ 'data/a.csv': '2' });
  const repo = new TrainingRepository(folder);
  assert.equal(await repo.commits('main'), [c, b, a]);
  assert.equal(await repo.commits('main', { paths: ['data'] }), [c, a]);
  assert.equal(await repo.commits('main', { paths: ['data'], after: a }), [c]);
  assert.equal(await repo.commits('main', { paths: ['data'], after: c }), []);
  assert.equal(
    await repo.commits('main', { after: '1'.repeat(40), limit: 1 }),
    [c],
    'a commit that is gone is no bound',
  );
});

training('follows every branch that git would make, and refuses what it would not', async () => {
  const { folder, git, commit } = workRepository();
  const tip = commit({ x: '0' });
  const repo = new TrainingRepository(folder);
  for (const name of ['fix#3', '_x', 'käse/größe', 'a+b', 'release(2)', "it's", '@me/x', 'a@b', 'x$y', 'v1.0,2']) {
    git('branch', name);
    assert.equal(await repo.commits(name), [tip], name);
  }
  for (const name of [
    '',
    '-x',
    '--upload-pack=x',
    'a..b',
    'a b',
    'a:b',
    'a?',
    'a*',
    'a[b',
    'a\\b',
    'a~1',
    'a^',
    'a@{1}',
    '/a',
    'a/',
    'a//b',
    '.a',
    'a/.b',
    'a.lock',
    'a.lock/b',
    'a.',
    'a\nb',
    'a\x7f',
  ]) {
    assert.is.not(spawnSync('git', ['check-ref-format', '--branch', name]).status, 0, `git takes ${name}`);
    assert.match((await rejects(repo.commits(name), RepositoryError)).message, 'is no branch name');
  }
});

training('after a rewrite of history, lists what is new since what both have', async () => {
  const { folder, git, commit } = workRepository();
  commit({ x: '0' });
  const shared = commit({ x: '1' });
  const before = commit({ x: '2' });
  git('reset', '-q', '--hard', shared);
  const [a, b] = [commit({ x: '3' }), commit({ x: '4' })];
  const repo = new TrainingRepository(folder);
  assert.equal(await repo.commits('main', { after: before }), [b, a]);
  git('checkout', '-q', '--orphan', 'other');
  commit({ x: '5' });
  const tip = commit({ x: '6' });
  git('branch', '-q', '-M', 'main');
  assert.equal(await repo.commits('main', { after: b }), [tip], 'nothing in common: the tip alone');
});

training('a merge counts as one commit of the branch, if it brings what is watched', async () => {
  const { folder, git, commit } = workRepository();
  const first = commit({ 'data/x': '0' });
  git('checkout', '-q', '-b', 'side');
  commit({ 'data/x': '1' });
  commit({ 'data/x': '2' });
  git('checkout', '-q', 'main');
  git('merge', '-q', '--no-ff', '-m', 'm', 'side');
  const merge = git('rev-parse', 'HEAD');
  const repo = new TrainingRepository(folder);
  assert.equal(await repo.commits('main', { after: first, paths: ['data'] }), [merge]);
  assert.equal(await repo.commits('main', { after: first, paths: ['docs'] }), []);
});

training('says what commit is checked out, and whether the tree differs', async () => {
  const { folder, commit } = workRepository();
  const repo = new TrainingRepository(folder);
  assert.equal(await repo.code(), { commit: null, dirty: false });
  const a = commit({ x: '1' });
  assert.equal(await repo.code(), { commit: a, dirty: false });
  writeFileSync(join(folder, 'x'), '2');
  assert.equal(await repo.code(), { commit: a, dirty: true });
  assert.equal(await new TrainingRepository(temporaryFolder()).code(), { commit: null, dirty: false });
});

training('exports the files of a commit and leaves the repository as it was', async () => {
  const { folder, commit, git } = workRepository();
  const a = commit({ 'pawl.yaml': 'model: a', 'data/a.csv': 'text,label' });
  commit({ 'pawl.yaml': 'model: b' });
  writeFileSync(join(folder, 'unsaved'), 'work');
  const before = git('status', '--porcelain');
  const target = join(temporaryFolder(), 'out');
  await new TrainingRepository(folder).export(a, target, LIMITS);
  assert.equal(readdirSync(target).sort(), ['data', 'pawl.yaml']);
  assert.is(readFileSync(join(target, 'pawl.yaml'), 'utf8'), 'model: a');
  assert.is(git('status', '--porcelain'), before);
});

training('refuses what is no repository, no branch, no commit, and option injection', async () => {
  const { folder, commit } = workRepository();
  commit({ x: '1' });
  const repo = new TrainingRepository(folder);
  assert.throws(
    () => new TrainingRepository('/nowhere/at/all'),
    (e: unknown) => e instanceof RepositoryError,
  );
  await rejects(new TrainingRepository(temporaryFolder()).commits('main'), RepositoryError);
  for (const branch of ['gone', '--output=/tmp/x', '-n1', 'a b', ''])
    await rejects(repo.commits(branch), RepositoryError);
  for (const bad of ['main', '--help', '1'.repeat(40)])
    await rejects(repo.export(bad, temporaryFolder(), LIMITS), RepositoryError);
});

training.run();
