import { execFileSync, spawnSync } from 'node:child_process';
import { accessSync, chmodSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { json, pawl } from '../../support/cli-here.ts';
import { temporaryFolder } from '../../support/paths.ts';
import { until } from '../../support/until.ts';
import { workRepository } from '../../support/work-repository.ts';

// A push to a real repository, through the hook that the real command line wrote. What the run comes to is not looked at
// here: that it began, for the right commit, is what the hook is for.

type Listed = { id: string; trigger: { kind: string; branch?: string; commit?: string; repository?: string } };

const git = (cwd: string, ...args: string[]): string =>
  execFileSync('git', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();

/** A workspace, a clone to push from, and a repository to push to, all at paths that a careless shell script breaks on. */
function pushing(bare = true) {
  const root = join(temporaryFolder(), `it's a "folder" $HOME`);
  const [home, remote] = [join(root, 'work space'), join(root, bare ? 'reviews.git' : 'reviews live')];
  mkdirSync(home, { recursive: true });
  // Few rows and no registry: a run is all that a push should come to here.
  writeFileSync(
    join(home, 'pawl.yaml'),
    'data:\n  kind: sample\n  train: 60\n  test: 40\ntraining:\n  trainer: nbsvm\n  workers: 1\nwatch:\n  promote: false\n',
  );
  execFileSync('git', ['init', '-q', '-b', 'main', ...(bare ? ['--bare'] : []), remote]);
  if (!bare) git(remote, 'config', 'receive.denyCurrentBranch', 'updateInstead');
  const clone = workRepository(join(root, 'clone'));
  clone.git('remote', 'add', 'origin', remote);
  const push = (...refs: string[]) => clone.git('push', '-q', 'origin', ...refs);
  const runs = () => json<Listed[]>(home, ['runs', 'list']);
  const hook = git(remote, 'rev-parse', '--path-format=absolute', '--git-path', 'hooks/post-receive');
  return { root, home, remote, clone, push, runs, hook };
}

const began = async (runs: () => Promise<Listed[]>, commit: string): Promise<Listed> => {
  const of = async () => (await runs()).find(({ trigger }) => trigger.commit === commit);
  await until(async () => (await of()) !== undefined);
  return (await of()) as Listed;
};

const hooked = suite('pawl hook install');

for (const bare of [true, false])
  hooked(`a push to a ${bare ? 'bare' : 'checked-out'} repository starts a run on that commit`, async () => {
    const { home, remote, clone, push, runs, hook } = pushing(bare);
    const installed = await pawl(home, ['hook', 'install', '--repo', remote]);
    assert.is(installed.code, 0, installed.stderr);
    assert.ok(installed.stdout.includes(hook));
    accessSync(hook, constants.X_OK);
    const commit = clone.commit({ 'data.csv': 'x' });
    push('main');
    const { trigger } = await began(runs, commit);
    assert.equal(trigger, { kind: 'push', repository: remote, branch: 'main', commit });
    const next = clone.commit({ 'data.csv': 'y' });
    push('main');
    await began(runs, next);
    assert.is((await runs()).length, 2);
  });

hooked('pushes to other branches, and none at all, start nothing', async () => {
  const { home, remote, clone, push, runs } = pushing();
  await pawl(home, ['hook', 'install', '--repo', remote]);
  const first = clone.commit({ x: '1' });
  push('main');
  await began(runs, first);
  clone.git('checkout', '-q', '-b', 'side');
  clone.commit({ x: '2' });
  push('side');
  clone.git('checkout', '-q', 'main');
  const last = clone.commit({ x: '3' });
  push('main');
  await began(runs, last);
  assert.equal((await runs()).map((r) => r.trigger.commit).sort(), [first, last].sort());
});

hooked('whoever pushes is told where the run’s words go, and there they are', async () => {
  const { home, remote, clone } = pushing();
  await pawl(home, ['hook', 'install', '--repo', remote]);
  const commit = clone.commit({ x: '1' });
  const pushed = spawnSync('git', ['push', 'origin', 'main'], { cwd: clone.folder, encoding: 'utf8' });
  assert.is(pushed.status, 0);
  assert.match(pushed.stderr, /pawl: training in the background, see .*hook\.log/);
  const log = join(home, '.pawl/hook.log');
  await until(() => existsSync(log) && readFileSync(log, 'utf8').includes(`commit ${commit.slice(0, 12)} on main`));
});

hooked('a hook that is there stays, and the message says what to do', async () => {
  const { home, remote, hook } = pushing();
  mkdirSync(join(hook, '..'), { recursive: true });
  writeFileSync(hook, '#!/bin/sh\necho mine\n');
  chmodSync(hook, 0o700);
  const refused = await pawl(home, ['hook', 'install', '--repo', remote]);
  assert.is(refused.code, 3);
  assert.match(refused.stderr, /\[hook_exists\]/);
  assert.match(refused.stderr, /pawl watch --once/);
  assert.is(readFileSync(hook, 'utf8'), '#!/bin/sh\necho mine\n');
});

hooked('installed again, it takes over new settings', async () => {
  const { home, remote, hook } = pushing();
  assert.is((await pawl(home, ['hook', 'install', '--repo', remote])).code, 0);
  assert.is((await pawl(home, ['hook', 'install', '--repo', remote, '--branch', 'release'])).code, 0);
  assert.match(readFileSync(hook, 'utf8'), "'--branch' 'release'");
});

hooked('hooks that are not the repository’s own are left alone, until it has some', async () => {
  const { root, home, remote } = pushing();
  const shared = join(root, 'hooks of all');
  git(remote, 'config', 'core.hooksPath', shared);
  const refused = await pawl(home, ['hook', 'install', '--repo', remote]);
  assert.equal([refused.code, /\[hook_elsewhere\]/.test(refused.stderr)], [3, true], refused.stderr);
  assert.match(refused.stderr, shared);
  assert.not.ok(existsSync(shared));
  git(remote, 'config', 'core.hooksPath', 'hooks'); // as the message and the page of errors say
  assert.is((await pawl(home, ['hook', 'install', '--repo', remote])).code, 0);
  assert.ok(existsSync(join(remote, 'hooks/post-receive')));
});

hooked('what is no repository is refused', async () => {
  const { root, home } = pushing();
  const none = await pawl(home, ['hook', 'install', '--repo', join(root, 'clone', '..')]);
  assert.equal([none.code, /\[repository_unreadable\]/.test(none.stderr)], [3, true]);
  assert.is((await pawl(home, ['hook', 'install'])).code, 2);
});

hooked.run();
