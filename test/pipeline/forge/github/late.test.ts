import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { GitHubForge } from '../../../../pipeline/forge/forge.github.ts';
import type { Api } from '../../../../pipeline/forge/rest/api.ts';
import { type GitHubDouble, startGitHubDouble } from '../../../doubles/github/double.ts';
import { forgeOn } from '../../../doubles/github/forge.ts';
import { commitFiles } from '../../../support/git.ts';

// GitHub's API follows its own git after a moment; an old answer must not look like somebody else's push.

/** A hook that throws after a test would hide the test's own failure. */
const violations: string[] = [];

const late = suite<{ double: GitHubDouble; forge: GitHubForge; stale: unknown[] }>('late answers of GitHub');
late.before.each(async (context) => {
  const double = await startGitHubDouble();
  await double.createRepo('org/registry', { a: 'a' });
  const stale: unknown[] = [];
  const replaying = (api: Api): Api => ({
    url: api.url,
    get: async (route, params, answer) =>
      route.endsWith('/pulls/{pull_number}') && stale.length > 0
        ? (stale.shift() as never)
        : api.get(route, params, answer),
    list: (...args) => api.list(...args),
    send: (...args) => api.send(...args),
  });
  const forge = forgeOn(double, 'org/registry', double.app('promoter', 'org'), 'api', replaying);
  Object.assign(context, { double, forge, stale });
});
late.after.each(async ({ double }) => {
  await double.close();
  violations.push(...double.violations);
});

const opened = async (forge: GitHubForge) => {
  const head = await commitFiles(forge.git, await forge.sync(), { a: '1' });
  await forge.pushBranch('promote/x/1', head, null);
  const pull = await forge.openPullRequest({ branch: 'promote/x/1', title: 't', body: 'b', labels: [] });
  return { head, number: pull.number };
};

const answerOf = ({ number, head }: { number: number; head: string }) => ({
  number,
  html_url: 'u',
  title: 't',
  body: 'b',
  state: 'open',
  labels: [],
  head: { ref: 'promote/x/1', sha: head, repo: { id: 1 } },
  base: { ref: 'main', repo: { id: 1 } },
});

late('our own push is waited for', async ({ forge, stale }) => {
  const { head, number } = await opened(forge);
  const next = await commitFiles(forge.git, head, { a: '2' });
  await forge.pushBranch('promote/x/1', next, head);
  stale.push(answerOf({ number, head }), answerOf({ number, head }));
  assert.is((await forge.pullRequest(number)).head, next);
});

late('somebody else’s push afterwards is not', async ({ double, forge }) => {
  const { head, number } = await opened(forge);
  const theirs = await commitFiles(forge.git, head, { a: '3' });
  const other = forgeOn(double, 'org/registry', { token: double.token('person', { repo: 'org/registry' }) });
  await other.sync();
  const same = await commitFiles(other.git, head, { a: '3' });
  assert.is(same, theirs);
  await other.pushBranch('promote/x/1', same, head);
  assert.is((await forge.pullRequest(number)).head, theirs);
});

late('many pull requests that have ended are listed with one fetch', async ({ double, forge }) => {
  for (let i = 1; i <= 3; i++) {
    const head = await commitFiles(forge.git, await forge.sync(), { a: `${i}` });
    await forge.pushBranch(`promote/x/${i}`, head, null);
    const { number } = await forge.openPullRequest({ branch: `promote/x/${i}`, title: 't', body: 'b', labels: [] });
    await forge.closePullRequest(number);
  }
  const before = double.calls.length;
  assert.is((await forge.pullRequests({ state: 'closed' })).length, 3);
  const fetches = double.calls.slice(before).filter((c) => c.operation === 'git/git-upload-pack');
  assert.ok(fetches.length <= 2, `${fetches.length} requests of git`);
});

late('approving twice, or with a lost answer, is one review', async ({ double, forge }) => {
  const { head, number } = await opened(forge);
  const person = forgeOn(double, 'org/registry', { token: double.token('person', { repo: 'org/registry' }) });
  double.fault({ match: /^pulls\/create-review$/, kind: 'drop-after' });
  await person.approve(number, head);
  await person.approve(number, head);
  assert.is(double.world.repo('org/registry')?.pulls[0]?.reviews.length, 1);
});

late('a token of the App that did not come at once is asked for again', async ({ double }) => {
  const forge = forgeOn(double, 'org/registry', double.app('second', 'org'));
  double.fault({ match: /^apps\/create-installation-access-token$/, kind: '502' });
  double.fault({ match: /^apps\/get-repo-installation$/, kind: 'drop-before' });
  assert.equal(await forge.pullRequests(), []);
});

late('a description longer than GitHub takes is cut', async ({ forge }) => {
  const { head } = await opened(forge);
  await forge.setStatus(head, { context: 'pawl/gate', state: 'failure', description: 'x'.repeat(500) });
  assert.is((await forge.statuses(head))[0]?.description.length, 140);
});

late('labels are set, kept and all taken away', async ({ forge }) => {
  const { number } = await opened(forge);
  assert.equal([...(await forge.updatePullRequest(number, { labels: ['b', 'a'] })).labels].sort(), ['a', 'b']);
  assert.equal([...(await forge.updatePullRequest(number, { labels: ['a', 'b'] })).labels].sort(), ['a', 'b']);
  assert.equal((await forge.updatePullRequest(number, { labels: [] })).labels, []);
});

late('every request was as GitHub’s own description says', () => assert.equal(violations, []));

late.run();
