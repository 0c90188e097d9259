import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ForgeError, MergeRefusedError } from '../../pipeline/forge/errors.ts';
import type { GiteaForge } from '../../pipeline/forge/forge.gitea.ts';
import { forgeContract } from '../contract/forge.ts';
import { commitFiles } from '../support/git.ts';
import { rejects } from '../support/rejects.ts';
import { type GiteaDouble, startGiteaDouble } from './gitea/double.ts';
import { giteaForgeOn } from './gitea/forge.ts';
import { addProtection } from './gitea/protection.ts';
import type { FaultKind } from './github/faults.ts';

const NAME = 'org/registry';
let double: GiteaDouble;
const violations: string[] = [];

async function open() {
  double = await startGiteaDouble();
  await double.createRepo(NAME, { a: 'a', b: 'b' });
  const [one, two] = [double.token('promoter', NAME), double.token('reviewer', NAME)];
  return { forge: giteaForgeOn(double.url, NAME, one), other: giteaForgeOn(double.url, NAME, two) };
}

async function after() {
  await double.close();
  violations.push(...double.violations);
}

forgeContract('the Gitea double', open, { after });

const gitea = suite<{ forge: GiteaForge; other: GiteaForge; main: string }>('forge.gitea');
gitea.before.each(async (context) => {
  Object.assign(context, await open());
  context.main = await context.forge.sync();
});
gitea.after.each(after);

const request = { title: 'a title', body: 'a body', labels: ['promotion'] };

async function proposed(forge: GiteaForge, branch = 'promote/x/1') {
  const head = await commitFiles(forge.git, await forge.sync(), { a: branch });
  await forge.pushBranch(branch, head, null);
  const { number } = await forge.openPullRequest({ branch, ...request });
  return { head, number };
}

const repo = () => {
  const found = double.world.repo(NAME);
  if (!found) throw new Error(`no ${NAME}`);
  return found;
};

// Nothing was done, or it was done and the answer was lost: each effect is there once afterwards.
const LOST: readonly FaultKind[] = ['drop-before', 'drop-after', '500', '502-after'];
for (const kind of LOST) {
  const fails = (operation: string) => double.fault({ match: new RegExp(`^${operation}$`), kind });

  gitea(`${kind}: one pull request, with its text and labels`, async ({ forge }) => {
    const head = await commitFiles(forge.git, await forge.sync(), { a: '1' });
    await forge.pushBranch('promote/x/1', head, null);
    for (const operation of ['repoCreatePullRequest', 'issueCreateLabel', 'issueReplaceLabels']) fails(operation);
    const { number } = await forge.openPullRequest({ branch: 'promote/x/1', ...request });
    assert.is(repo().pulls.length, 1);
    fails('repoEditPullRequest');
    const changed = await forge.updatePullRequest(number, { title: 'another' });
    assert.equal([changed.title, changed.body, changed.labels], ['another', 'a body', ['promotion']]);
  });

  gitea(`${kind}: one comment, one approval, one status that counts`, async ({ forge, other }) => {
    const { number, head } = await proposed(forge);
    fails('issueCreateComment');
    await forge.comment(number, { marker: 'gate', body: 'pending' });
    fails('issueEditComment');
    await forge.comment(number, { marker: 'gate', body: 'passed' });
    assert.equal(
      (await forge.comments(number)).map((c) => c.body),
      ['passed'],
    );
    assert.is(repo().comments.length, 1);
    fails('repoCreatePullReview');
    await other.approve(number, head);
    assert.is(repo().pulls[0]?.reviews.length, 1);
    fails('repoCreateStatus');
    await forge.setStatus(head, { context: 'pawl/gate', state: 'success', description: 'F1 0.9' });
    assert.is((await forge.statuses(head)).length, 1);
  });

  gitea(`${kind}: one merge, and the pull request says so`, async ({ forge, main }) => {
    const { number, head } = await proposed(forge);
    fails('repoMergePullRequest');
    const { commit } = await forge.merge({ number, head, base: main, message: 'm' });
    assert.is(await forge.sync(), commit);
    assert.equal([(await forge.pullRequest(number)).state, repo().pulls[0]?.mergeCommit], ['merged', commit]);
  });
}

gitea('who died between push and telling the forge goes on where it stopped', async ({ forge, other, main }) => {
  const { number, head } = await proposed(forge);
  double.fault({ match: /^repoMergePullRequest$/, kind: 'drop-before', times: 9 });
  const message = `promote x\n\nPull-Request: ${number}\n`;
  await rejects(forge.merge({ number, head, base: main, message }), ForgeError);
  double.clearFaults();
  const landed = await other.sync();
  assert.is.not(landed, main);
  assert.is(repo().pulls[0]?.mergedAt, null);
  assert.is((await other.merge({ number, head, base: main, message })).commit, landed);
  assert.is(repo().pulls[0]?.mergeCommit, landed);
});

gitea(
  'a server that takes no told merges shows a closed pull request; main says what happened',
  async ({ forge, main }) => {
    repo().settings = { allow_manual_merge: false };
    const { number, head } = await proposed(forge);
    const { commit } = await forge.merge({ number, head, base: main, message: `x\n\nPull-Request: ${number}\n` });
    const shown = await forge.pullRequest(number);
    assert.equal([shown.state, shown.mergeCommit, repo().pulls[0]?.state], ['merged', commit, 'closed']);
  },
);

gitea('an account that may not push to main is told what gives it that right', async ({ forge, main }) => {
  addProtection(repo(), { rule_name: 'main', enable_push: true, enable_push_whitelist: true });
  const { number, head } = await proposed(forge);
  const refused = await rejects(forge.merge({ number, head, base: main, message: 'm' }), MergeRefusedError);
  assert.is(refused.refusal, 'not-allowed');
  assert.match(refused.message, 'registry.gateAccount');
  assert.is(await forge.sync(), main);
});

gitea('an approval of somebody who may not write counts for nothing', async ({ forge }) => {
  const { number, head } = await proposed(forge);
  const stranger = giteaForgeOn(double.url, NAME, double.token('stranger', NAME));
  repo().collaborators.set('stranger', 'read');
  await stranger.approve(number, head);
  assert.equal(await forge.approvals(number, head), []);
});

gitea('of two labels with one name the older is meant, and lists are read to their end', async ({ forge }) => {
  for (let i = 0; i < 120; i++)
    repo().labels.push({ id: 5000 + i, name: `l${i % 110}`, color: '0', description: null });
  const { number } = await proposed(forge);
  await forge.updatePullRequest(number, { labels: ['l5', 'l109'] });
  assert.equal([...(repo().pulls[0]?.labels ?? [])].sort(), ['l109', 'l5']);
  assert.is(repo().labels.filter((l) => l.name === 'l109').length, 1);
});

gitea('the gate is asked by its workflow, on main', async ({ forge }) => {
  const { number, head } = await proposed(forge);
  await forge.requestGate({ number, head });
  const [asked] = double.world.dispatches;
  assert.equal(
    [asked?.workflow, asked?.ref, asked?.inputs],
    ['promotion-gate.yml', 'main', { pr: String(number), head_sha: head }],
  );
});

gitea('no token and no answer of a stranger’s server gets into an error', async ({ forge }) => {
  const wrong = giteaForgeOn(double.url, NAME, 'a-token-that-is-secret');
  const error = await rejects(wrong.pullRequest(1), ForgeError);
  assert.not(error.message.includes('a-token-that-is-secret'));
  const pages = giteaForgeOn(`${double.url}/api/v1/nothing`, NAME, 'x');
  await rejects(pages.pullRequests(), ForgeError);
  double.violations.length && (double.violations as string[]).pop(); // no description has that path
  assert.ok(await forge.sync());
});

gitea.run();

const requests = suite('requests to Gitea');
requests('are all as Gitea’s own description says', () => assert.equal(violations, []));
requests.run();
