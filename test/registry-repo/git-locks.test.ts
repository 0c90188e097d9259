import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Git, RefMovedError } from '../../registry-repo/git.ts';
import { ABANDONED_MS, locksOf, RefLockedError, removeAbandonedLock } from '../../registry-repo/git-locks.ts';
import { GitError, spawnGit } from '../../registry-repo/git-process.ts';
import { bareRepository, commitFiles } from '../support/git.ts';
import { rejects } from '../support/rejects.ts';
import { until } from '../support/until.ts';

type Context = { repo: Git; main: string; next: string; lock: string };

const locks = suite<Context>('locks of git');
locks.before.each(async (context) => {
  context.repo = await bareRepository({ a: '1' });
  context.main = (await context.repo.resolve('refs/heads/main')) as string;
  context.next = await commitFiles(context.repo, context.main, { b: '1' });
  context.lock = join(context.repo.gitDir, 'refs/heads/main.lock');
});

/** What a git leaves that was killed at its rename. */
function leave(lock: string, content: string, seconds: number): void {
  writeFileSync(lock, content);
  const then = Date.now() / 1000 - seconds;
  utimesSync(lock, then, then);
}

const move = ({ repo, main, next }: Context) => repo.updateRefs([{ ref: 'refs/heads/main', to: next, from: main }]);

locks('a lock is not a lost race: it is named, with its age, and nothing is moved', async (context) => {
  const { repo, main, next, lock } = context;
  leave(lock, `${next}\n`, 12);
  const error = await rejects(move(context), RefLockedError);
  assert.match(error.message, lock);
  assert.match(error.message, /\b1[2-9] s old\b/);
  assert.is(await repo.resolve('refs/heads/main'), main);
  assert.ok(existsSync(lock));
});

locks('one that a killed git left is removed once it is old, and the update goes through', async (context) => {
  const { repo, next, lock } = context;
  leave(lock, `${next}\n`, ABANDONED_MS / 1000 + 5);
  if (process.platform !== 'linux') return void (await rejects(move(context), RefLockedError));
  await move(context);
  assert.is(await repo.resolve('refs/heads/main'), next);
  assert.not(existsSync(lock));
});

locks('one that a running git may hold stays, however old', async (context) => {
  const { repo, next, lock } = context;
  leave(lock, `${next}\n`, 3600);
  const git = spawnGit([`--git-dir=${repo.gitDir}`, 'update-ref', '--stdin'], {});
  try {
    git.stdin.write('start\n');
    await until(() => git.stdout.readableLength > 0);
    const error = await rejects(move(context), RefLockedError);
    assert.match(error.message, /make sure that no git is running/);
    assert.ok(existsSync(lock));
  } finally {
    git.kill('SIGKILL');
  }
});

locks('what is no lock of git’s is never removed', async ({ repo, lock }) => {
  leave(lock, 'something that somebody keeps here\n', 3600);
  assert.not(await removeAbandonedLock(repo.gitDir, lock));
  const outside = join(repo.gitDir, '..', 'other.lock');
  leave(outside, '', 3600);
  assert.not(await removeAbandonedLock(repo.gitDir, outside));
  const folder = join(repo.gitDir, 'refs/heads/folder.lock');
  mkdirSync(folder);
  const then = Date.now() / 1000 - 3600;
  utimesSync(folder, then, then);
  assert.not(await removeAbandonedLock(repo.gitDir, folder));
});

locks('every lock is found, wherever it is', async ({ repo, lock }) => {
  assert.equal(await locksOf(repo.gitDir), []);
  leave(lock, '', 100);
  leave(join(repo.gitDir, 'packed-refs.lock'), '', 10);
  const found = await locksOf(repo.gitDir);
  assert.equal(
    found.map(({ path }) => path),
    [join(repo.gitDir, 'packed-refs.lock'), lock],
  );
  assert.ok((found[1]?.ageMs ?? 0) >= 100_000);
});

locks('a name that another ref stands in the way of is no lost race either', async (context) => {
  const { repo, next } = context;
  await repo.updateRefs([{ ref: 'refs/heads/a', to: next, from: null }]);
  const error = await rejects(repo.updateRefs([{ ref: 'refs/heads/a/b', to: next, from: null }]), GitError);
  assert.match(error.message, /refs\/heads\/a' exists/);
  await rejects(repo.updateRefs([{ ref: 'refs/heads/a', to: next, from: null }]), RefMovedError);
});

locks.run();
