import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { GitHubForge } from '../../../../pipeline/forge/forge.github.ts';
import { type GitHubDouble, startGitHubDouble } from '../../../doubles/github/double.ts';
import type { FaultKind } from '../../../doubles/github/faults.ts';
import { forgeOn } from '../../../doubles/github/forge.ts';
import { commitFiles } from '../../../support/git.ts';

// Whatever happens to a request or to its answer, the work is done once.

const KINDS = [
  'drop-before',
  'drop-after',
  '500',
  '502',
  'secondary-limit',
  '429',
] as const satisfies readonly FaultKind[];

const faults = suite<{ double: GitHubDouble; forge: GitHubForge; head: string; main: string; number: number }>(
  'faults on GitHub',
);
faults.before.each(async (context) => {
  const double = await startGitHubDouble();
  await double.createRepo('org/registry', { a: 'a' });
  const forge = forgeOn(double, 'org/registry', double.app('promoter', 'org'));
  const main = await forge.sync();
  const head = await commitFiles(forge.git, main, { a: 'new' });
  await forge.pushBranch('promote/x/1', head, null);
  const { number } = await forge.openPullRequest({
    branch: 'promote/x/1',
    title: 't',
    body: 'b',
    labels: ['promotion'],
  });
  Object.assign(context, { double, forge, head, main, number });
});
const violations: string[] = [];
faults.after.each(async ({ double }) => {
  await double.close();
  violations.push(...double.violations);
});
faults.after(() => assert.equal(violations, [])); // a hook that throws after a test would hide the test's own failure

const repoOf = (double: GitHubDouble) =>
  double.world.repo('org/registry') as NonNullable<ReturnType<typeof double.world.repo>>;

for (const kind of KINDS) {
  faults(`${kind}: one pull request is opened`, async ({ double, forge, main }) => {
    const head = await commitFiles(forge.git, main, { b: 'x' });
    await forge.pushBranch('promote/x/2', head, null);
    double.fault({ match: /^pulls\/create$/, kind });
    const { number } = await forge.openPullRequest({ branch: 'promote/x/2', title: 't', body: 'b', labels: [] });
    assert.equal([number, repoOf(double).pulls.length], [2, 2]);
  });

  faults(`${kind}: one comment, one status, the text, the labels`, async ({ double, forge, head, number }) => {
    for (const match of [
      /^issues\/create-comment$/,
      /^repos\/create-commit-status$/,
      /^pulls\/update$/,
      /^issues\/set-labels$/,
    ])
      double.fault({ match, kind });
    await forge.comment(number, { marker: 'gate', body: 'judged' });
    await forge.setStatus(head, { context: 'pawl/gate', state: 'success', description: 'fine' });
    const shown = await forge.updatePullRequest(number, { title: 'new', labels: ['gate:passed'] });
    assert.equal(
      repoOf(double).comments.map((c) => c.body),
      ['<!-- pawl:gate -->\njudged'],
    );
    assert.equal(
      (await forge.statuses(head)).map((s) => s.state),
      ['success'],
    );
    assert.equal([shown.title, shown.labels], ['new', ['gate:passed']]);
  });

  faults(`${kind}: merged once, as one commit`, async ({ double, forge, head, main, number }) => {
    double.fault({ match: /^pulls\/merge$/, kind });
    const merge = () => forge.merge({ number, head, base: main, message: 'promote x\n\nTrailer: yes\n' });
    const { commit } = await merge().catch(merge); // what is asked again after a failure finds what was done
    assert.is(await forge.sync(), commit);
    assert.is(await forge.git.text(['rev-list', '--count', `${main}..${commit}`]), '1');
    assert.is((await forge.pullRequest(number)).state, 'merged');
  });

  faults(`${kind}: closed, and the branch deleted`, async ({ double, forge, number }) => {
    double.fault({ match: /^pulls\/update$/, kind });
    assert.is((await forge.closePullRequest(number)).state, 'closed');
    double.fault({ match: /^git\/git-receive-pack$/, kind: kind === 'drop-after' ? 'drop-after' : 'drop-before' });
    await forge.deleteBranch('promote/x/1');
    assert.is(await forge.branch('promote/x/1'), null);
  });

  faults(`${kind}: a verdict is kept once, a branch is where it should be`, async ({ double, forge, head, main }) => {
    const git: FaultKind = kind === 'drop-after' ? 'drop-after' : kind === 'drop-before' ? 'drop-before' : '500';
    double.fault({ match: /^git\/git-receive-pack$/, kind: git });
    await forge.attachVerdict(head, Buffer.from('{"signed":1}'));
    double.fault({ match: /^git\/git-receive-pack$/, kind: git });
    const next = await commitFiles(forge.git, main, { c: 'x' });
    await forge.pushBranch('promote/x/3', next, null);
    assert.is(await forge.branch('promote/x/3'), next);
    const refs = await repoOf(double).git.text(['for-each-ref', '--format=%(refname)', 'refs/pawl/verdicts']);
    assert.is(refs.split('\n').length, 1);
  });
}

faults('reading is repeated, too', async ({ double, forge, number }) => {
  for (const kind of KINDS) {
    double.fault({ match: /^pulls\/get$/, kind });
    assert.is((await forge.pullRequest(number)).number, number, kind);
  }
});

faults('a forge that never answers is an error that says so, and nothing is done', async ({ double, forge, main }) => {
  const head = await commitFiles(forge.git, main, { z: 'x' });
  await forge.pushBranch('promote/x/9', head, null);
  double.fault({ match: /^pulls\/create$/, kind: 'drop-before', times: 100 });
  const error = await forge
    .openPullRequest({ branch: 'promote/x/9', title: 't', body: 'b', labels: [] })
    .catch((e) => e);
  assert.equal([error.code, error.reason], ['forge_failed', 'unreachable']);
  assert.is(repoOf(double).pulls.length, 1);
});

faults.run();
