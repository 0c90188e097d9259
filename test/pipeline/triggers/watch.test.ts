import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { RepositoryError, TrainingRepository } from '../../../pipeline/source/repository.git.ts';
import { type WatchActions, type WatchOptions, watch } from '../../../pipeline/triggers/watch.ts';
import type { Workspace } from '../../../pipeline/workspace.ts';
import { temporaryFolder } from '../../support/paths.ts';
import { rejects } from '../../support/rejects.ts';
import { until } from '../../support/until.ts';
import { COMPLETED, LIMITS, pushedRuns, recordRun, workspaceIn } from '../../support/watched.ts';
import { workRepository } from '../../support/work-repository.ts';

const open: Workspace[] = [];
const opened = (folder = temporaryFolder()): Workspace => {
  const workspace = workspaceIn(folder);
  open.push(workspace);
  return workspace;
};

type Doing = {
  readonly paths?: readonly string[];
  readonly once?: boolean;
  readonly signal?: AbortSignal;
  readonly run?: (workspace: Workspace) => WatchActions['run'];
  readonly follow?: WatchActions['follow'];
  readonly said?: string[];
};

const completes =
  (workspace: Workspace): WatchActions['run'] =>
  async (_, __, trigger) => {
    await recordRun(workspace, trigger, COMPLETED);
  };

/** A watch of a branch `main`, whose runs complete at once if nothing else is asked for. */
async function watching(workspace: Workspace, repository: string, doing: Doing = {}): Promise<boolean> {
  const options: WatchOptions = {
    repository: new TrainingRepository(repository),
    branch: 'main',
    paths: doing.paths ?? [],
    limits: LIMITS,
    everyMs: 10,
    once: doing.once ?? true,
  };
  return watch(workspace, options, {
    run: (doing.run ?? completes)(workspace),
    follow: doing.follow ?? (async () => {}),
    say: (line) => doing.said?.push(line),
    signal: doing.signal ?? new AbortController().signal,
  });
}

const pushed = suite('watching a repository');
pushed.after(async () => {
  for (const workspace of open) await workspace.close();
});

pushed('only commits that touch the paths start a run, with the files of that commit', async () => {
  const { folder, commit } = workRepository();
  const workspace = opened();
  commit({ 'data/a.csv': 'zero' });
  const first = commit({ 'data/a.csv': 'one' });
  commit({ 'docs/read.md': 'x' });
  const files: (string | boolean)[] = [];
  const run =
    (): WatchActions['run'] =>
    async (id, { folder: exported }, trigger) => {
      files.push(id, readFileSync(join(exported, 'data/a.csv'), 'utf8'), existsSync(join(exported, 'docs/read.md')));
      assert.equal(trigger, { kind: 'push', repository: folder, branch: 'main', commit: id });
      await recordRun(workspace, trigger, COMPLETED);
    };
  await watching(workspace, folder, { paths: ['data'], run });
  assert.equal(files, [first, 'one', false], 'the newest that touches them; older ones are history');
  commit({ 'docs/read.md': 'y' });
  await watching(workspace, folder, { paths: ['data'], run });
  assert.is(files.length, 3);
  const third = commit({ 'data/b.csv': 'new', 'data/a.csv': 'three' });
  await watching(workspace, folder, { paths: ['data'], run });
  assert.equal(files.slice(3), [third, 'three', true]);
});

pushed('the newest wins, and those overtaken are recorded', async () => {
  const { folder, commit } = workRepository();
  const workspace = opened();
  const a = commit({ x: 'a' });
  let others: string[] = [];
  const run = (): WatchActions['run'] => async (id, _, trigger) => {
    if (id === a) others = ['b', 'c', 'd'].map((x) => commit({ x }));
    await recordRun(workspace, trigger, COMPLETED);
  };
  await watching(workspace, folder, { run });
  const [b = '', c = '', d = ''] = others;
  assert.equal(await pushedRuns(workspace), [
    { commit: a, status: 'completed' },
    { commit: b, status: 'superseded' },
    { commit: c, status: 'superseded' },
    { commit: d, status: 'completed' },
  ]);
});

pushed('two watchers of one workspace run one at a time, and each commit once', async () => {
  const { folder, commit } = workRepository();
  const home = temporaryFolder();
  commit({ x: '1' });
  let [inside, most] = [0, 0];
  const run =
    (workspace: Workspace): WatchActions['run'] =>
    async (_, __, trigger) => {
      most = Math.max(most, ++inside);
      if (trigger.commit !== second) second ||= commit({ x: '2' });
      await new Promise((resolve) => setTimeout(resolve, 30));
      await recordRun(workspace, trigger, COMPLETED);
      inside--;
    };
  let second = '';
  const watchers = [opened(home), opened(home), opened(home)];
  assert.equal(await Promise.all(watchers.map((w) => watching(w, folder, { run }))), [true, true, true]);
  const done = await pushedRuns(watchers[0] as Workspace);
  assert.is(most, 1);
  assert.equal(
    done.map((r) => r.status),
    ['completed', 'completed'],
  );
  assert.is(new Set(done.map((r) => r.commit)).size, 2);
});

pushed('stopped and started again, it goes on where it was', async () => {
  const { folder, commit } = workRepository();
  const home = temporaryFolder();
  const a = commit({ x: '1' });
  const first = opened(home);
  const stop = new AbortController();
  const running = watching(first, folder, { once: false, signal: stop.signal });
  await until(async () => (await pushedRuns(first)).length === 1);
  const b = commit({ x: '2' });
  await until(async () => (await pushedRuns(first)).length === 2);
  stop.abort();
  assert.is(await running, true, 'being stopped is a good end');
  const c = commit({ x: '3' });
  const second = opened(home);
  await watching(second, folder);
  await watching(second, folder);
  assert.equal(
    (await pushedRuns(second)).map((r) => r.commit),
    [a, b, c],
  );
});

pushed('a run that was killed is begun again; one that kills its process every time is not', async () => {
  const { folder, commit } = workRepository();
  const home = temporaryFolder();
  const a = commit({ x: '1' });
  const script = fileURLToPath(new URL('../../support/watch-and-hang.js', import.meta.url));
  const begunAndKilled = async (): Promise<boolean> => {
    const child = spawn(process.execPath, [script, home, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    const begun = await Promise.race([
      once(child.stdout, 'data').then(() => true),
      once(child, 'exit').then(() => false),
    ]);
    if (!begun) return false;
    child.kill('SIGKILL');
    await once(child, 'exit');
    return true;
  };
  assert.is(await begunAndKilled(), true);
  const workspace = opened(home);
  await watching(workspace, folder);
  assert.equal(
    (await pushedRuns(workspace)).map((r) => [r.commit, r.status]),
    [
      [a, 'running'], // until the next reconcile
      [a, 'completed'],
    ],
  );
  const b = commit({ x: '2' });
  assert.equal([await begunAndKilled(), await begunAndKilled(), await begunAndKilled()], [true, true, true]);
  assert.is(await begunAndKilled(), false, 'three times is enough');
  const c = commit({ x: '3' });
  await watching(workspace, folder);
  assert.equal(
    (await pushedRuns(workspace)).slice(2).map((r) => r.commit),
    [b, b, b, c],
  );
});

pushed('a run that its user stopped is begun again', async () => {
  const { folder, commit } = workRepository();
  const workspace = opened();
  const a = commit({ x: '1' });
  const stop = new AbortController();
  const run = (): WatchActions['run'] => async (_, __, trigger) => {
    stop.abort(new Error('stopped'));
    await recordRun(workspace, trigger, {
      type: 'TrainingRunInterrupted',
      data: { cause: 'signal', detail: 'stopped by its user' },
    });
    throw stop.signal.reason;
  };
  assert.is(await watching(workspace, folder, { run, signal: stop.signal }), true);
  await watching(workspace, folder);
  assert.equal(await pushedRuns(workspace), [
    { commit: a, status: 'signal' },
    { commit: a, status: 'completed' },
  ]);
});

pushed('a run that cannot begin is recorded as failed, once, and the next commit has its turn', async () => {
  const { folder, commit } = workRepository();
  const workspace = opened();
  const [said, stop] = [[] as string[], new AbortController()];
  const a = commit({ x: '1' });
  const run = (): WatchActions['run'] => async (id, _, trigger) => {
    if (id === a) throw Object.assign(new RepositoryError('its settings are wrong'));
    await recordRun(workspace, trigger, COMPLETED);
  };
  const running = watching(workspace, folder, { run, said, once: false, signal: stop.signal });
  await until(async () => (await pushedRuns(workspace)).length === 1);
  const b = commit({ x: '2' });
  await until(async () => (await pushedRuns(workspace)).length === 2);
  stop.abort();
  assert.is(await running, false);
  assert.equal(await pushedRuns(workspace), [
    { commit: a, status: 'repository_unreadable' },
    { commit: b, status: 'completed' },
  ]);
  assert.ok(said.some((line) => line.includes('its settings are wrong')));
});

pushed('an error that nobody foresaw does not end it', async () => {
  const { folder, commit } = workRepository();
  const workspace = opened();
  const said: string[] = [];
  commit({ x: '1' });
  const run = (): WatchActions['run'] => () => Promise.reject(new TypeError('x is not a function'));
  assert.is(await watching(workspace, folder, { run, said }), false);
  assert.equal(
    (await pushedRuns(workspace)).map((r) => r.status),
    ['internal'],
  );
  assert.ok(said.some((line) => line.includes('x is not a function')));
});

pushed('after a forced push only what is new runs, and old history is not caught up with', async () => {
  const { folder, git, commit } = workRepository();
  const workspace = opened();
  for (const x of ['1', '2', '3']) commit({ x });
  const a = commit({ x: '4' });
  await watching(workspace, folder);
  git('reset', '-q', '--hard', 'HEAD~1');
  const b = commit({ x: '5' });
  await watching(workspace, folder);
  git('reset', '-q', '--hard', 'HEAD~2');
  await watching(workspace, folder);
  assert.equal(
    (await pushedRuns(workspace)).map((r) => r.commit),
    [a, b],
  );
});

pushed('a branch that is not there is an error at once; a repository that goes away later is waited for', async () => {
  const { folder, commit } = workRepository();
  const workspace = opened();
  const said: string[] = [];
  const error = await rejects(watching(workspace, folder, { once: false }), RepositoryError);
  assert.match(error.message, /no branch "main".*--branch/);
  commit({ x: '1' });
  const stop = new AbortController();
  const running = watching(workspace, folder, { once: false, signal: stop.signal, said });
  await until(async () => (await pushedRuns(workspace)).length === 1);
  renameSync(folder, `${folder}-away`);
  await until(() => said.some((line) => line.startsWith('looking for commits')));
  renameSync(`${folder}-away`, folder);
  commit({ x: '2' });
  await until(async () => (await pushedRuns(workspace)).length === 2);
  stop.abort();
  await running;
});

pushed('what follows a completed run is done by the next watch, if the process died before it', async () => {
  const { folder, commit } = workRepository();
  const workspace = opened();
  const a = commit({ x: '1' });
  await watching(workspace, folder);
  const followed: string[] = [];
  const follow: WatchActions['follow'] = async (run) => {
    followed.push(run.trigger.kind === 'push' ? run.trigger.commit : '');
  };
  await watching(workspace, folder, { follow });
  assert.equal(followed, [a]);
  const said: string[] = [];
  const fails = () => Promise.reject(new RepositoryError('no registry yet'));
  const b = commit({ x: '2' });
  assert.is(await watching(workspace, folder, { follow: fails, said }), false);
  assert.ok(said.some((line) => line.includes('no registry yet')));
  assert.equal(
    (await pushedRuns(workspace)).map((r) => r.commit),
    [a, b],
    'new commits have their turn all the same',
  );
});

pushed.run();
