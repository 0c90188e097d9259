import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Git, RefMovedError } from '../../registry-repo/git.ts';
import type { GitError } from '../../registry-repo/git-process.ts';
import { bareRepository, commitFiles } from '../support/git.ts';
import { temporaryFolder } from '../support/paths.ts';
import { rejects } from '../support/rejects.ts';

const transactions = suite<{ repo: Git; main: string; next: string }>('transactions on refs');
transactions.before.each(async (context) => {
  context.repo = await bareRepository({ a: '1' });
  context.main = (await context.repo.resolve('refs/heads/main')) as string;
  context.next = await commitFiles(context.repo, context.main, { b: '1' });
});

transactions('asked for at once are done one by one, and one that fails fails alone', async ({ repo, main, next }) => {
  const move = (ref: string, from: string | null, to: string | null = next) => repo.updateRefs([{ ref, to, from }]);
  const outcomes = await Promise.allSettled([
    move('refs/heads/x', null),
    move('refs/heads/x', null),
    move('refs/heads/y', null),
    move('refs/heads/main', next),
    move('refs/heads/main', main),
    move('refs/heads/x/y', null),
    move('refs/heads/x', next, null),
    move('refs/heads/x/y', null),
    move('refs/heads/z', null, 'f'.repeat(40)),
  ]);
  const codes = outcomes.map((o) => (o.status === 'fulfilled' ? 'done' : (o.reason as GitError).code));
  const [done, moved] = ['done', 'ref_moved'];
  assert.equal(codes, [done, moved, done, moved, done, 'git_failed', done, done, 'git_failed'].map(String));
  assert.equal(
    (await repo.refs('refs/heads/')).map((r) => [r.ref, r.oid]),
    ['main', 'x/y', 'y'].map((name) => [`refs/heads/${name}`, next]),
  );
});

transactions('are whole: where one ref has moved, none does', async ({ repo, main, next }) => {
  const other = new Git(repo.gitDir);
  await repo.updateRefs([{ ref: 'refs/heads/side', to: main, from: null }]);
  await other.updateRefs([{ ref: 'refs/heads/side', to: next, from: main }]);
  const both = ['refs/heads/main', 'refs/heads/side'].map((ref) => ({ ref, to: next, from: main }));
  await rejects(repo.updateRefs(both), RefMovedError);
  assert.is(await repo.resolve('refs/heads/main'), main);
});

transactions('cannot be widened by what a name or an id holds', async ({ repo, main }) => {
  const evil = `refs/heads/x\0${main}\0${'0'.repeat(40)}\0delete refs/heads/main`;
  await rejects(repo.updateRefs([{ ref: evil, to: main, from: null }]), TypeError);
  await rejects(repo.updateRefs([{ ref: 'refs/heads/x', to: `${main}\0`, from: null }]), TypeError);
  assert.equal((await repo.refs('refs/heads/')).length, 1);
});

const posix = process.platform === 'win32' ? transactions.skip : transactions;
if (process.platform === 'win32') process.stdout.write('SKIPPED counting processes: the git that counts is a script\n');

posix('and objects take two processes, however many there are', async ({ repo, main }) => {
  const bin = temporaryFolder();
  const log = join(bin, 'asked');
  const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
  writeFileSync(join(bin, 'git'), `#!/bin/sh\necho "$*" >> '${log}'\nexec '${real}' "$@"\n`, { mode: 0o755 });
  const before = process.env.PATH;
  process.env.PATH = `${bin}${delimiter}${before}`;
  try {
    const git = new Git(repo.gitDir);
    for (let at = main, i = 0; i < 20; i++) {
      const next = await commitFiles(git, at, { [`folder/${i}`]: String(i) });
      await git.updateRefs([{ ref: 'refs/heads/main', to: next, from: at }]);
      at = (await git.resolve('refs/heads/main')) as string;
      assert.is(at, next);
    }
  } finally {
    process.env.PATH = before;
  }
  const asked = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
  // One of each, or more where the machine was so busy that a process had nothing to do for a second.
  const kinds = asked.map((args) => /(?:cat-file|update-ref) .*/.exec(args)?.[0] ?? args);
  assert.equal([...new Set(kinds)].sort(), ['cat-file --batch-command', 'update-ref --stdin -z']);
});

transactions.run();
