import { existsSync, rmSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ChainVerifier } from '../../events/chain.ts';
import type { NewEvent } from '../../events/envelope.ts';
import { LogBranchError, StoreError, StreamConflictError } from '../../events/errors.ts';
import { GitLogBranch, type RunGit } from '../../events/log-branch.git.ts';
import { SqliteStore } from '../../events/store.sqlite.ts';
import { type EventStore, NO_STREAM } from '../../events/store.ts';
import type { Git } from '../../registry-repo/git.ts';
import { metrics } from '../support/events.ts';
import { commitFiles, commitTime, tester } from '../support/git.ts';
import { BRANCH, emptyRepository, machine } from '../support/log-branch.ts';
import { temporaryFolder } from '../support/paths.ts';
import { rejects } from '../support/rejects.ts';
import { until } from '../support/until.ts';

const stream = 'run-aaaaaaaaaaaa';
const other = 'run-bbbbbbbbbbbb';
const REF = `refs/heads/${BRANCH}`;
const segment = (position: number) => `segments/0000000000/000/${String(position).padStart(16, '0')}.jsonl`;

const tipOf = async (git: Git): Promise<string> => (await git.resolve(REF)) as string;
const countCommits = async (git: Git): Promise<number> => Number(await git.text(['rev-list', '--count', REF]));

/** Moves the branch as somebody with the right to force a push would. */
async function force(git: Git, to: string): Promise<void> {
  await git.updateRefs([{ ref: REF, to, from: await tipOf(git) }]);
}

async function isWhole(store: EventStore): Promise<number> {
  const verifier = new ChainVerifier();
  const events = await store.readAll({ limit: 100_000 });
  assert.equal(
    events.flatMap((e) => verifier.check(e)),
    [],
  );
  return events.length;
}

/** Lets a test stand before or after git's pushes. */
const aroundPush =
  (around: (push: () => Promise<Buffer>, count: number) => Promise<Buffer>) =>
  (run: RunGit): RunGit => {
    let count = 0;
    return (args, options) => (args.includes('push') ? around(() => run(args, options), ++count) : run(args, options));
  };

const failure = (stderr: string) => Object.assign(new Error('git push failed'), { stderr, exitCode: 1 });

const log = suite('log on a git branch');

log('an append is one commit that adds one file with the very bytes', async () => {
  const git = await emptyRepository();
  const { store } = machine(git.gitDir);
  const first = await store.append(stream, NO_STREAM, metrics('a', 3));
  await store.append(other, NO_STREAM, metrics('b', 1));
  const [last, before] = await git.firstParents(await tipOf(git));
  assert.match(
    before?.message ?? '',
    /^append run-aaaaaaaaaaaa 0\.\.2\n\nPawl-Positions: 1\.\.3\nPawl-Head: [0-9a-f]{64}\n$/,
  );
  assert.equal(
    (await git.changes(before?.oid as string, last?.oid as string)).map((c) => c.path),
    [segment(4)],
  );
  const entry = await git.entry(last?.oid as string, segment(1));
  const lines = (await git.blob(entry?.oid as string)).toString('utf8').trimEnd().split('\n');
  assert.equal(
    lines.map((l) => JSON.parse(l)),
    first.map((e) => ({ ...e })),
  );
  await store.close();
});

log('another machine reads what was acknowledged, byte for byte', async () => {
  const git = await emptyRepository();
  const [here, there] = [machine(git.gitDir), machine(git.gitDir)];
  assert.is(await there.store.position(), 0);
  const stored = await here.store.append(stream, NO_STREAM, metrics('a', 3));
  assert.equal(await there.store.readAll(), stored);
  assert.equal(await there.store.append(stream, 2, metrics('b', 1)), await here.store.readStream(stream, { from: 3 }));
  const subscribed: number[] = [];
  const stop = new AbortController();
  const reading = (async () => {
    for await (const page of there.store.subscribe({ after: 3, signal: stop.signal })) {
      subscribed.push(...page.map((e) => e.position));
      if (subscribed.length >= 3) stop.abort();
    }
  })();
  await here.store.append(other, NO_STREAM, metrics('c', 2));
  await reading;
  assert.equal(subscribed, [4, 5, 6]);
  await Promise.all([here.store.close(), there.store.close()]);
});

log('machines that race on the same streams lose nothing and repeat nothing', async () => {
  const git = await emptyRepository();
  const machines = Array.from({ length: 3 }, () => machine(git.gitDir, { attempts: 200 }).store);
  const revisionOf = async (store: EventStore) => (await store.readStream(stream, { limit: 1000 })).length - 1;
  const write = async (store: EventStore, name: string) => {
    for (let i = 0; i < 8; i++) {
      const [own, shared] = [metrics(`${name}-own-${i}`, 2), metrics(`${name}-${i}`, 1)];
      await store.append(`run-${name.repeat(12)}`, i * 2 - 1, own);
      for (let done = false; !done; )
        done = await store.append(stream, await revisionOf(store), shared).then(
          () => true,
          (error: unknown) => {
            if (error instanceof StreamConflictError) return false;
            throw error;
          },
        );
    }
  };
  await Promise.all(machines.map((store, i) => write(store, 'xyz'[i] as string)));
  for (const store of machines) assert.is(await isWhole(store), 3 * 8 * 3);
  const ids = (await (machines[0] as EventStore).readStream(stream)).map((e) => e.id);
  const wanted = [...'xyz'].flatMap((n) =>
    Array.from({ length: 8 }, (_, i) => (metrics(`${n}-${i}`, 1)[0] as NewEvent).id),
  );
  assert.equal(ids.sort(), wanted.sort());
  for (const store of machines) await store.close();
});

log('appends that are in flight together go into one push, each with its own answer', async () => {
  const git = await emptyRepository();
  let pushes = 0;
  const { store } = machine(git.gitDir, {
    wrap: aroundPush((push, count) => {
      pushes = count;
      return push();
    }),
  });
  const batches = Array.from({ length: 10 }, (_, i) => metrics(`c${i}`, 2));
  const answers = await Promise.allSettled([
    ...batches.map((batch, i) => store.append(stream, i * 2 - 1, batch)),
    store.append(stream, 3, metrics('late', 1)),
    store.append(stream, NO_STREAM, batches[0] as NewEvent[]),
  ]);
  assert.equal(
    answers.map((a) => (a.status === 'fulfilled' ? a.value.map((e) => e.revision).join() : (a.reason as Error).name)),
    [...batches.map((_, i) => `${i * 2},${i * 2 + 1}`), 'StreamConflictError', '0,1'],
  );
  assert.is(pushes, 1);
  assert.is(await countCommits(git), 10);
  assert.is(await isWhole(store), 20);
  await store.close();
});

log('a conflict is answered by the branch, not by an old copy', async () => {
  const git = await emptyRepository();
  const [here, there] = [machine(git.gitDir, { freshMs: 1e9 }), machine(git.gitDir, { freshMs: 1e9 })];
  await here.store.append(stream, NO_STREAM, metrics('a', 1));
  assert.is((await there.store.readStream(stream)).length, 1);
  await here.store.append(stream, 0, metrics('b', 1));
  assert.is((await there.store.readStream(stream)).length, 1, 'fresh enough as asked for');
  const error = await rejects(there.store.append(stream, 0, metrics('c', 1)), StreamConflictError);
  assert.is(error.actual, 1);
  assert.is((await there.store.readStream(stream)).length, 2, 'who decides again sees why');
  await there.store.append(stream, 1, metrics('c', 1));
  await Promise.all([here.store.close(), there.store.close()]);
});

log('killed between push and copy: the next start finds it, and a retry answers as the first time', async () => {
  const git = await emptyRepository();
  let cut = true;
  const killed = machine(git.gitDir, {
    wrap: aroundPush(async (push) => {
      await push();
      if (cut) await new Promise(() => {}); // never comes back, as in a process that is gone
      return Buffer.alloc(0);
    }),
  });
  void killed.store.append(stream, NO_STREAM, metrics('a', 2));
  await until(async () => (await git.resolve(REF)) !== null);
  cut = false;
  const { store } = machine(git.gitDir, { file: killed.file });
  const stored = await store.append(stream, NO_STREAM, metrics('a', 2));
  assert.equal(await store.readAll(), stored);
  assert.is(await countCommits(git), 1);
  await store.close();
});

log('an answer that was lost is looked up, and nothing is stored twice', async () => {
  const git = await emptyRepository();
  const { store } = machine(git.gitDir, {
    random: () => 0,
    wrap: aroundPush(async (push) => {
      await push();
      throw failure('no answer in 120000 ms');
    }),
  });
  const stored = await store.append(stream, NO_STREAM, metrics('a', 2));
  assert.equal(await store.readAll(), stored);
  assert.is(await countCommits(git), 1);
  await store.close();
});

log('a network that fails for a moment is tried again; a refusal is not', async () => {
  const git = await emptyRepository();
  let tries = 0;
  const flaky = machine(git.gitDir, {
    random: () => 0,
    wrap: aroundPush((push, count) => {
      tries = count;
      return count < 3 ? Promise.reject(failure('fatal: the remote end hung up unexpectedly')) : push();
    }),
  });
  await flaky.store.append(stream, NO_STREAM, metrics('a', 1));
  assert.is(tries, 3);
  await flaky.store.close();
  const refused = machine(git.gitDir, {
    wrap: aroundPush((_, count) => {
      tries = count;
      return Promise.reject(failure('! [remote rejected] x -> pawl/log (protected branch hook declined)'));
    }),
  });
  const error = await rejects(refused.store.append(stream, 0, metrics('b', 1)), StoreError);
  assert.match(error.message, /protected branch hook declined/);
  assert.is(tries, 1);
  assert.is(await refused.store.position(), 1);
  await refused.store.close();
});

log('writers that are always overtaken give up with a reason', async () => {
  const git = await emptyRepository();
  const { store } = machine(git.gitDir, {
    attempts: 3,
    random: () => 0,
    wrap: aroundPush(() => Promise.reject(failure('! [rejected] x -> pawl/log (stale info)'))),
  });
  const error = await rejects(store.append(stream, NO_STREAM, metrics('a', 1)), StoreError);
  assert.match(error.message, /3 pushes .* overtaken .*stale info/);
  await store.close();
});

log('a copy that was deleted is made again, with or without what git had fetched', async () => {
  const git = await emptyRepository();
  const first = machine(git.gitDir);
  for (let i = 0; i < 5; i++) await first.store.append(stream, i * 2 - 1, metrics(`a${i}`, 2));
  const all = await first.store.readAll();
  await first.store.close();
  for (const gone of [[first.file], [`${first.file}.git`], [first.file, `${first.file}.git`]]) {
    for (const path of gone) rmSync(path, { recursive: true });
    const again = machine(git.gitDir, { file: first.file });
    assert.equal(await again.store.readAll(), all, gone.join(' and '));
    await again.store.append(other, (await again.store.readStream(other)).length - 1, metrics(gone.join(), 1));
    all.push(...(await again.store.readAll({ after: all.length })));
    await again.store.close();
  }
});

log('a file that is no copy of the branch is left alone', async () => {
  const git = await emptyRepository();
  const file = `${temporaryFolder()}/events.db`;
  const own = new SqliteStore(file);
  await own.append(stream, NO_STREAM, metrics('a', 1));
  await own.close();
  assert.throws(
    () => machine(git.gitDir, { file }),
    (e: unknown) => e instanceof StoreError && /another log.*events\.path/.test(e.message),
  );
  const copy = machine(git.gitDir);
  await copy.store.append(stream, NO_STREAM, metrics('b', 1));
  await copy.store.close();
  assert.throws(
    () => new SqliteStore(copy.file),
    (e: unknown) => e instanceof StoreError && /copy of a log.*events\.store/.test(e.message),
  );
});

log('a copy of one log is not mixed with the log of another repository', async () => {
  const [one, two] = [await emptyRepository(), await emptyRepository()];
  const first = machine(one.gitDir);
  await first.store.append(stream, NO_STREAM, metrics('a', 2));
  await first.store.close();
  const gone = machine(two.gitDir, { file: first.file });
  assert.match((await rejects(gone.store.position(), LogBranchError)).message, /the branch is gone/);
  await rejects(gone.store.append(stream, 1, metrics('b', 1)), LogBranchError);
  assert.is(await two.resolve(REF), null);
  await gone.store.close();
  const filler = machine(two.gitDir);
  await filler.store.append(stream, NO_STREAM, metrics('c', 2));
  const mixed = machine(two.gitDir, { file: first.file });
  assert.match((await rejects(mixed.store.readAll(), LogBranchError)).message, /does not follow/);
  await Promise.all([filler.store.close(), mixed.store.close()]);
});

log('a backup is a log that can be read', async () => {
  const git = await emptyRepository();
  const [here, there] = [machine(git.gitDir), machine(git.gitDir)];
  const stored = await there.store.append(stream, NO_STREAM, metrics('a', 2));
  const backup = `${temporaryFolder()}/backup.db`;
  await here.store.copyTo(backup);
  const copy = new SqliteStore(backup, { readOnly: true });
  assert.equal(await copy.readAll(), stored);
  await Promise.all([copy.close(), here.store.close(), there.store.close()]);
});

log('only paths and plain http(s) URLs are repositories', () => {
  const git = () => Promise.reject(new Error('not asked'));
  for (const repository of [
    'ext::sh -c id',
    'ssh://host/x',
    '--upload-pack=id',
    'git@host:x',
    'https://u:p@host/x',
    'relative',
  ])
    assert.throws(
      () => new GitLogBranch({ git, repository, branch: BRANCH, by: tester, clock: () => commitTime }),
      (e: unknown) => e instanceof StoreError && !/u:p/.test(e.message),
      repository,
    );
});

log.run();

type Tampering = { readonly git: Git; readonly tips: readonly string[] };
type Attack = { readonly name: string; readonly message: RegExp; readonly act: (t: Tampering) => Promise<string> };

const contentOf = async (git: Git, commit: string, path: string): Promise<string> =>
  (await git.blob((await git.entry(commit, path))?.oid as string)).toString('utf8');

/** What somebody who may push could do to the branch; each gives its new tip. */
const attacks: readonly Attack[] = [
  {
    name: 'an edited line',
    message: /edits "segments\/.*1\.jsonl"/,
    act: async ({ git, tips }) => {
      const text = await contentOf(git, tips[2] as string, segment(1));
      return commitFiles(git, tips[2] as string, { [segment(1)]: text.replace('train/loss', 'train/gain') });
    },
  },
  {
    name: 'a deleted segment',
    message: /deletes "segments/,
    act: ({ git, tips }) => commitFiles(git, tips[2] as string, { [segment(3)]: null }),
  },
  {
    name: 'a forced push of an older tip',
    message: /taken back/,
    act: async ({ tips }) => tips[1] as string,
  },
  {
    name: 'another history from an older tip',
    message: /does not follow/,
    act: ({ git, tips }) => commitFiles(git, tips[0] as string, { [segment(3)]: 'x\n' }),
  },
  {
    name: 'a history without the first commit',
    message: /does not follow/,
    act: ({ git }) => commitFiles(git, null, { [segment(1)]: 'x\n' }),
  },
  {
    name: 'a merge',
    message: /is a merge/,
    act: async ({ git, tips }) => {
      const side = await commitFiles(git, null, { 'notes.txt': 'x' });
      const tree = await git.text(['rev-parse', `${tips[2]}^{tree}`]);
      return git.writeCommit({
        tree,
        parents: [tips[2] as string, side],
        message: 'merge',
        by: tester,
        time: commitTime,
      });
    },
  },
  {
    name: 'an empty commit',
    message: /adds nothing/,
    act: ({ git, tips }) => commitFiles(git, tips[2] as string, {}),
  },
  {
    name: 'a file that is no segment',
    message: /no segment/,
    act: ({ git, tips }) => commitFiles(git, tips[2] as string, { 'README.md': 'x' }),
  },
  {
    name: 'two files at once',
    message: /also adds/,
    act: ({ git, tips }) => commitFiles(git, tips[2] as string, { [segment(7)]: 'x\n', [segment(8)]: 'y\n' }),
  },
  {
    name: 'a segment that repeats an older one',
    message: /does not fit/,
    act: async ({ git, tips }) =>
      commitFiles(git, tips[2] as string, { [segment(7)]: await contentOf(git, tips[2] as string, segment(5)) }),
  },
  {
    name: 'a segment that leaves positions out',
    message: /does not fit.*position 8 follows 6/,
    act: async ({ git, tips }) => {
      const line = JSON.parse((await contentOf(git, tips[2] as string, segment(5))).split('\n')[1] as string);
      return commitFiles(git, tips[2] as string, { [segment(8)]: `${JSON.stringify({ ...line, position: 8 })}\n` });
    },
  },
  {
    name: 'a segment whose hash is not of its bytes',
    message: /does not fit.*no longer have the hash/,
    act: async ({ git, tips }) => {
      const line = JSON.parse((await contentOf(git, tips[2] as string, segment(5))).split('\n')[1] as string);
      const next = { ...line, position: 7, revision: 6, prev: line.hash };
      return commitFiles(git, tips[2] as string, { [segment(7)]: `${JSON.stringify(next)}\n` });
    },
  },
  {
    name: 'rubbish',
    message: /does not fit.*line 1 is no event/,
    act: ({ git, tips }) => commitFiles(git, tips[2] as string, { [segment(7)]: '{"a":1}\n' }),
  },
  {
    name: 'a cut line',
    message: /does not fit.*whole line/,
    act: ({ git, tips }) => commitFiles(git, tips[2] as string, { [segment(7)]: '{"a":1}' }),
  },
];

const tampered = suite('tampered branch');

for (const { name, message, act } of attacks)
  tampered(`${name} is refused, and nothing is taken over or pushed`, async () => {
    const git = await emptyRepository();
    const { store, file } = machine(git.gitDir);
    const tips: string[] = [];
    for (let i = 0; i < 3; i++) {
      await store.append(stream, i * 2 - 1, metrics(`a${i}`, 2));
      tips.push(await tipOf(git));
    }
    const wrong = await act({ git, tips });
    await force(git, wrong);
    for (const attempt of [() => store.readAll(), () => store.append(stream, 5, metrics('b', 1))]) {
      const error = await rejects<Error>(attempt(), LogBranchError);
      assert.match(error.message, message);
      assert.match(error.message, new RegExp(`put the branch back to ${tips[2]}`));
    }
    assert.is(await tipOf(git), wrong);
    const copy = new SqliteStore(file, { readOnly: true });
    assert.is(await isWhole(copy), 6);
    await copy.close();
    await force(git, tips[2] as string);
    await store.append(stream, 5, metrics('b', 1));
    assert.is(await store.position(), 7);
    await store.close();
    assert.ok(existsSync(file));
  });

tampered.run();
