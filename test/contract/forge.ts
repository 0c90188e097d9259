import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ForgeError, MergeRefusedError } from '../../pipeline/forge/errors.ts';
import type { Forge } from '../../pipeline/forge/forge.ts';
import { digestOf } from '../../registry-repo/digest.ts';
import { RefMovedError } from '../../registry-repo/git.ts';
import { findVerdict } from '../../registry-repo/verdict/attached.ts';
import { commitFiles } from '../support/git.ts';
import { rejects } from '../support/rejects.ts';

const request = (branch: string, over = {}) => ({
  branch,
  title: 'a title',
  body: 'a body',
  labels: ['promotion'],
  ...over,
});

export type ForgeTraits = {
  /** It merges only what is on top of main, as GitHub with its rules. */
  readonly upToDate?: boolean;
  /** The second client is of the same account, which may not approve its own pull requests. */
  readonly oneAccount?: boolean;
  /** What must hold after each test. */
  readonly after?: () => void | Promise<void>;
};

/** What every forge must do. `open` gives one whose main holds the files `a` and `b`, and a second client of the same registry. */
export function forgeContract(
  name: string,
  open: () => Promise<{ forge: Forge; other: Forge }>,
  { upToDate = false, oneAccount = false, after }: ForgeTraits = {},
): void {
  const contract = suite<{ forge: Forge; other: Forge; main: string }>(`forge contract: ${name}`);
  contract.before.each(async (context) => {
    Object.assign(context, await open());
    context.main = await context.forge.sync();
  });
  contract.after.each(async () => {
    await after?.();
  });

  /** A branch on main with some files changed, and its pull request. */
  async function proposed(forge: Forge, branch: string, files: Record<string, string | null>, from?: string) {
    const head = await commitFiles(forge.git, from ?? (await forge.sync()), files);
    await forge.pushBranch(branch, head, null);
    const { number } = await forge.openPullRequest(request(branch));
    return { head, number };
  }

  const content = async (forge: Forge, path: string) => {
    const entry = await forge.git.entry(await forge.sync(), path);
    return entry && (await forge.git.blob(entry.oid)).toString('utf8');
  };

  contract('pushes a branch by compare-and-swap', async ({ forge, other, main }) => {
    const [one, two] = [await commitFiles(forge.git, main, { a: '1' }), await commitFiles(forge.git, main, { a: '2' })];
    await forge.pushBranch('promote/x/1', one, null);
    await forge.pushBranch('promote/x/1', one, null);
    assert.is(await other.branch('promote/x/1'), one);
    await rejects(forge.pushBranch('promote/x/1', two, null), RefMovedError);
    await rejects(forge.pushBranch('promote/x/1', two, main), RefMovedError);
    await forge.pushBranch('promote/x/1', two, one);
    assert.is(await forge.branch('promote/x/1'), two);
    await forge.deleteBranch('promote/x/1');
    await forge.deleteBranch('promote/x/1');
    assert.is(await forge.branch('promote/x/1'), null);
  });

  contract('names the place of a file at a commit, if people can open it anywhere', async ({ forge, main }) => {
    const url = forge.fileUrl(main, 'models/x/versions/1/a-b.svg');
    if (url === null) return;
    assert.match(url, /^https?:\/\//);
    assert.ok(url.includes(main) && url.endsWith('models/x/versions/1/a-b.svg'), url);
  });

  contract('refuses branch names that are not ours to use', async ({ forge, main }) => {
    for (const branch of [
      'main',
      '',
      '-x',
      '../x',
      'a..b',
      `x;touch$${'{IFS}'}pwned`,
      'a b',
      'a/',
      '/a',
      'A',
      'refs/heads/main/',
      'a\u202eb',
    ])
      await rejects(forge.pushBranch(branch, main, null), ForgeError);
  });

  contract('opens one pull request a branch, and brings its text up to date', async ({ forge, other }) => {
    const { number, head } = await proposed(forge, 'promote/x/1', { a: '1' });
    const again = await other.openPullRequest(request('promote/x/1', { title: 'new title', labels: ['rollback'] }));
    assert.is(again.number, number);
    const shown = await forge.pullRequest(number);
    assert.equal(
      [shown.title, shown.body, shown.branch, shown.head, shown.state, shown.labels, shown.mergeCommit],
      ['new title', 'a body', 'promote/x/1', head, 'open', ['rollback'], null],
    );
    assert.ok(shown.url.length > 0);
    assert.equal(
      (await forge.pullRequests({ state: 'open' })).map((p) => p.number),
      [number],
    );
  });

  contract('opens one, not two, when several ask at once', async ({ forge, other }) => {
    await forge.pushBranch('promote/x/1', await commitFiles(forge.git, await forge.sync(), { a: '1' }), null);
    const opened = await Promise.all(
      [forge, other, forge, other].map((f) => f.openPullRequest(request('promote/x/1'))),
    );
    assert.is(new Set(opened.map((p) => p.number)).size, 1);
  });

  contract('numbers pull requests, and finds them by branch and state', async ({ forge }) => {
    const first = await proposed(forge, 'promote/x/1', { a: '1' });
    const second = await proposed(forge, 'promote/x/2', { a: '2' });
    assert.is(second.number, first.number + 1);
    await forge.closePullRequest(first.number);
    const closed = (await forge.pullRequests({ state: 'closed' })).map((p) => p.number);
    assert.equal([closed.includes(first.number), closed.includes(second.number)], [true, false]);
    assert.equal(
      (await forge.pullRequests({ branch: 'promote/x/2', state: 'open' })).map((p) => p.number),
      [second.number],
    );
    const all = (await forge.pullRequests()).map((p) => p.number);
    assert.equal(all.slice(-2), [first.number, second.number]);
  });

  contract('follows a branch that is pushed again', async ({ forge }) => {
    const { number, head } = await proposed(forge, 'promote/x/1', { a: '1' });
    const next = await commitFiles(forge.git, head, { a: '2' });
    await forge.pushBranch('promote/x/1', next, head);
    assert.is((await forge.pullRequest(number)).head, next);
  });

  contract('changes title and body apart from each other', async ({ forge }) => {
    const { number } = await proposed(forge, 'promote/x/1', { a: '1' });
    await forge.updatePullRequest(number, { title: 'only the title' });
    assert.equal(
      [(await forge.pullRequest(number)).title, (await forge.pullRequest(number)).body],
      ['only the title', 'a body'],
    );
    await forge.updatePullRequest(number, { body: 'only the body' });
    assert.equal(
      [(await forge.pullRequest(number)).title, (await forge.pullRequest(number)).body],
      ['only the title', 'only the body'],
    );
  });

  contract('closes, and stays closed', async ({ forge }) => {
    const { number, head } = await proposed(forge, 'promote/x/1', { a: '1' });
    assert.is((await forge.closePullRequest(number)).state, 'closed');
    assert.is((await forge.closePullRequest(number)).state, 'closed');
    const error = await rejects(
      forge.merge({ number, head, base: await forge.sync(), message: 'm' }),
      MergeRefusedError,
    );
    assert.is(error.refusal, 'not-open');
    await forge.deleteBranch('promote/x/1');
    assert.is((await forge.pullRequest(number)).head, head);
  });

  contract('says which pull request it does not know', async ({ forge }) => {
    const error = await rejects(forge.pullRequest(99_999_999), ForgeError);
    assert.is(error.reason, 'no_such_pull_request');
    assert.match(error.message, '99999999');
  });

  contract('replaces a comment by its marker', async ({ forge }) => {
    const { number } = await proposed(forge, 'promote/x/1', { a: '1' });
    await forge.comment(number, { marker: 'gate', body: 'pending' });
    await forge.comment(number, { marker: 'other', body: 'hello' });
    await forge.comment(number, { marker: 'gate', body: 'passed' });
    const bodies = (await forge.comments(number)).map((c) => c.body).sort();
    assert.equal(bodies, ['hello', 'passed']);
  });

  contract('counts who approves exactly one commit', async ({ forge, other }) => {
    const { number, head } = await proposed(forge, 'promote/x/1', { a: '1' });
    assert.equal(await forge.approvals(number, head), []);
    if (oneAccount) return;
    await other.approve(number, head);
    await other.approve(number, head);
    assert.is((await forge.approvals(number, head)).length, 1);
    const next = await commitFiles(forge.git, head, { a: '2' });
    await forge.pushBranch('promote/x/1', next, head);
    assert.equal(await forge.approvals(number, next), []);
  });

  contract('keeps the latest status of each context, per commit', async ({ forge, main }) => {
    const head = await commitFiles(forge.git, main, { a: '1' });
    await forge.pushBranch('promote/x/1', head, null);
    await forge.setStatus(head, { context: 'pawl/gate', state: 'pending', description: 'judging' });
    await forge.setStatus(head, { context: 'other', state: 'failure', description: '' });
    await forge.setStatus(head, { context: 'pawl/gate', state: 'success', description: 'F1 0.92' });
    const statuses = await forge.statuses(head);
    assert.equal(statuses.find((s) => s.context === 'pawl/gate')?.state, 'success');
    assert.is(statuses.length, 2);
    assert.equal(await forge.statuses(main), []);
  });

  contract('merges as one commit on main, with the message it was given', async ({ forge, other, main }) => {
    const { number, head } = await proposed(forge, 'promote/x/1', { a: 'new', 'deep/er/c': 'added', b: null });
    const { commit, tree } = await forge.merge({ number, head, base: main, message: 'promote x\n\nTrailer: yes\n' });
    assert.is(await other.sync(), commit);
    assert.equal(
      [await content(other, 'a'), await content(other, 'deep/er/c'), await content(other, 'b')],
      ['new', 'added', null],
    );
    assert.is(await forge.git.text(['rev-parse', `${commit}^{tree}`]), tree);
    assert.is(await forge.git.text(['rev-parse', `${commit}^1`]), main);
    assert.match(await forge.git.text(['log', '-1', '--format=%B', commit]), 'Trailer: yes');
    const shown = await forge.pullRequest(number);
    assert.equal([shown.state, shown.mergeCommit, shown.head], ['merged', commit, head]);
  });

  contract('answers a repeated merge as the first time', async ({ forge, main }) => {
    const { number, head } = await proposed(forge, 'promote/x/1', { a: 'new' });
    const first = await forge.merge({ number, head, base: main, message: 'm' });
    assert.equal(await forge.merge({ number, head, base: main, message: 'm' }), first);
    assert.is(await forge.sync(), first.commit);
  });

  contract('refuses to merge a head or onto a base that is not the one judged', async ({ forge, main }) => {
    const { number, head } = await proposed(forge, 'promote/x/1', { a: 'new' });
    const next = await commitFiles(forge.git, head, { a: 'newer' });
    await forge.pushBranch('promote/x/1', next, head);
    assert.is(
      (await rejects(forge.merge({ number, head, base: main, message: 'm' }), MergeRefusedError)).refusal,
      'head-moved',
    );
    assert.is(
      (await rejects(forge.merge({ number, head: next, base: head, message: 'm' }), MergeRefusedError)).refusal,
      'base-moved',
    );
    assert.is(await forge.sync(), main);
    assert.is(await content(forge, 'a'), 'a');
  });

  contract('merges beside another change, but not over it', async ({ forge, main }) => {
    const one = await proposed(forge, 'promote/x/1', { a: 'one' }, main);
    const beside = await proposed(forge, 'promote/y/1', { b: 'two' }, main);
    const over = await proposed(forge, 'promote/z/1', { a: 'three' }, main);
    const first = await forge.merge({ ...one, base: main, message: 'm' });
    const again = async (branch: string, files: Record<string, string>, from: string) => {
      const head = await commitFiles(forge.git, first.commit, files);
      await forge.pushBranch(branch, head, from);
      return { head };
    };
    if (upToDate) {
      const behind = forge.merge({ ...beside, base: first.commit, message: 'm' });
      assert.is((await rejects(behind, MergeRefusedError)).refusal, 'behind');
      Object.assign(beside, await again('promote/y/1', { b: 'two' }, beside.head));
    }
    const second = await forge.merge({ ...beside, base: first.commit, message: 'm' });
    assert.equal([await content(forge, 'a'), await content(forge, 'b')], ['one', 'two']);
    const refused = await rejects(forge.merge({ ...over, base: second.commit, message: 'm' }), MergeRefusedError);
    assert.is(refused.refusal, 'conflict');
    assert.is(await content(forge, 'a'), 'one');
  });

  contract(
    'of several merges onto the same base one wins, the others learn that it moved',
    async ({ forge, other, main }) => {
      const pulls = [];
      for (let i = 0; i < 4; i++) pulls.push(await proposed(forge, `promote/m${i}/1`, { [`m${i}`]: 'x' }, main));
      const merges = await Promise.allSettled(
        pulls.map((p, i) => (i % 2 ? forge : other).merge({ ...p, base: main, message: `m${i}` })),
      );
      assert.is(merges.filter((m) => m.status === 'fulfilled').length, 1);
      for (const m of merges)
        if (m.status === 'rejected') assert.is((m.reason as MergeRefusedError).refusal, 'base-moved', String(m.reason));
      assert.is((await forge.pullRequests({ state: 'open' })).length, 3);
    },
  );

  contract('keeps a lease by compare-and-swap, as it is there now', async ({ forge, other }) => {
    assert.is(await forge.lease('x'), null);
    const first = await forge.moveLease('x', Buffer.from('one'), null);
    const seen = await other.lease('x');
    assert.equal([seen?.oid, Buffer.from(seen?.bytes ?? []).toString()], [first, 'one']);
    await rejects(other.moveLease('x', Buffer.from('two'), null), RefMovedError);
    const second = await other.moveLease('x', Buffer.from('two'), first);
    await rejects(forge.moveLease('x', null, first), RefMovedError);
    assert.is(await forge.lease('y'), null);
    await forge.moveLease('x', null, second);
    assert.equal([await forge.lease('x'), await other.lease('x')], [null, null]);
  });

  contract('keeps every verdict with the commit it judged', async ({ forge, other, main }) => {
    const { head } = await proposed(forge, 'promote/x/1', { a: 'new' }, main);
    await forge.attachVerdict(head, Buffer.from('{"signed":1}'));
    await forge.attachVerdict(head, Buffer.from('{"signed":2}'));
    await forge.attachVerdict(head, Buffer.from('{"signed":2}'));
    await other.sync();
    for (const verdict of ['{"signed":1}', '{"signed":2}'])
      assert.is((await findVerdict(other.git, head, digestOf(verdict)))?.toString(), verdict);
    assert.is(await findVerdict(other.git, head, digestOf('{"signed":3}')), null);
  });

  contract.run();
}
