import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MergeRefusedError, MergeUnfaithfulError } from '../../../../pipeline/forge/errors.ts';
import type { GitHubForge } from '../../../../pipeline/forge/forge.github.ts';
import type { Api } from '../../../../pipeline/forge/rest/api.ts';
import { ApiError } from '../../../../pipeline/forge/rest/failures.ts';
import { type GitHubDouble, startGitHubDouble } from '../../../doubles/github/double.ts';
import { forgeOn, type Login } from '../../../doubles/github/forge.ts';
import { commitFiles } from '../../../support/git.ts';
import { rejects } from '../../../support/rejects.ts';

// What a merge through an API may come to besides a merge: nothing yet, another one, or an answer that says otherwise.

/** A hook that throws after a test would hide the test's own failure. */
const violations: string[] = [];

const merging = suite<{
  double: GitHubDouble;
  app: Login;
  forge: GitHubForge;
  head: string;
  main: string;
  number: number;
}>('merging on GitHub');
merging.before.each(async (context) => {
  const double = await startGitHubDouble();
  await double.createRepo('org/registry', { a: 'a', b: 'b' });
  const app = double.app('promoter', 'org');
  const forge = forgeOn(double, 'org/registry', app);
  const main = await forge.sync();
  const head = await commitFiles(forge.git, main, { a: 'new' });
  await forge.pushBranch('promote/x/1', head, null);
  const { number } = await forge.openPullRequest({ branch: 'promote/x/1', title: 't', body: 'b', labels: [] });
  Object.assign(context, { double, app, forge, main, head, number });
});
merging.after.each(async ({ double }) => {
  await double.close();
  violations.push(...double.violations);
});

const MESSAGE = 'promote x\n\nText.\n\nPawl-Model: x\nPull-Request: 1\n';

/** An API whose merges first do something else. */
const merges =
  (instead: (merge: () => Promise<unknown>, params: Record<string, unknown>) => Promise<unknown>) =>
  (api: Api): Api => ({
    url: api.url,
    get: (...args) => api.get(...args),
    list: (...args) => api.list(...args),
    send: (route, params, answer) =>
      route.endsWith('/merge')
        ? (instead(() => api.send(route, params, answer), params as Record<string, unknown>) as Promise<never>)
        : api.send(route, params, answer),
  });

const refusal = (said: string) => new ApiError('refused', { status: 405, said, message: said });

for (const said of ['Pull Request is not mergeable', 'Base branch was modified. Review and try the merge again.'])
  merging(`waits until the forge knows whether it can merge: ${said}`, async ({ double, app, head, main, number }) => {
    let asked = 0;
    const later = merges((merge) => (++asked < 3 ? Promise.reject(refusal(said)) : merge()));
    const forge = forgeOn(double, 'org/registry', app, 'api', later);
    const { commit } = await forge.merge({ number, head, base: main, message: MESSAGE });
    assert.equal([await forge.sync(), asked], [commit, 3]);
  });

merging('does not wait for ever, and says what the forge said', async ({ double, app, head, main, number }) => {
  const said = 'Base branch was modified. Review and try the merge again.';
  const never = merges(() => Promise.reject(refusal(said)));
  const forge = forgeOn(double, 'org/registry', app, 'api', never);
  const error = await rejects(forge.merge({ number, head, base: main, message: MESSAGE }), MergeRefusedError);
  assert.is(error.refusal, 'not-allowed');
  assert.match(error.message, said);
  assert.is(await forge.sync(), main);
});

merging('asks once where people must approve', async ({ double, app, head, main, number }) => {
  let asked = 0;
  const unapproved = merges(() => {
    asked++;
    return Promise.reject(refusal('At least 1 approving review is required by reviewers with write access.'));
  });
  const forge = forgeOn(double, 'org/registry', app, 'api', unapproved);
  const error = await rejects(forge.merge({ number, head, base: main, message: MESSAGE }), MergeRefusedError);
  assert.equal([error.refusal, asked], ['not-approved', 1]);
});

merging('a merge whose every answer is lost is found, not repeated', async ({ double, forge, head, main, number }) => {
  double.fault({ match: /^pulls\/merge$/, kind: 'drop-after' });
  const { commit, tree } = await forge.merge({ number, head, base: main, message: MESSAGE });
  assert.is(await forge.sync(), commit);
  assert.is(tree, await forge.git.text(['rev-parse', `${head}^{tree}`]));
  assert.is(double.calls.filter((c) => c.operation === 'pulls/merge').length, 1);
});

merging('a merge that did not arrive is asked for again', async ({ double, forge, head, main, number }) => {
  double.fault({ match: /^pulls\/merge$/, kind: '500', times: 2 });
  const { commit } = await forge.merge({ number, head, base: main, message: MESSAGE });
  assert.is(await forge.sync(), commit);
});

merging('attack 18: an answer of success without a merge is a refusal', async ({ double, app, head, main, number }) => {
  const forge = forgeOn(
    double,
    'org/registry',
    app,
    'api',
    merges(() => Promise.resolve({ merged: true })),
  );
  const error = await rejects(forge.merge({ number, head, base: main, message: MESSAGE }), MergeRefusedError);
  assert.is(error.refusal, 'not-allowed');
  assert.is(await forge.sync(), main);
});

merging(
  'attack 18: a main that moved in between is told, as its merge has no verdict',
  async ({ double, app, forge, head, main, number }) => {
    const repo = double.world.repo('org/registry') as NonNullable<ReturnType<typeof double.world.repo>>;
    const moved = merges(async (merge) => {
      const other = await commitFiles(repo.git, main, { b: 'by hand' });
      await repo.git.updateRefs([{ ref: 'refs/heads/main', to: other, from: main }]);
      return merge();
    });
    const error = await rejects(
      forgeOn(double, 'org/registry', app, 'api', moved).merge({ number, head, base: main, message: MESSAGE }),
      MergeUnfaithfulError,
    );
    assert.is(error.commit, await forge.sync());
    assert.match(error.message, 'pawl rollback');
    await rejects(forge.merge({ number, head, base: main, message: MESSAGE }), MergeUnfaithfulError);
  },
);

merging(
  'a message that lost its trailers is a merge: its verdict is found by what it holds',
  async ({ double, app, head, main, number }) => {
    const wrong = merges((merge, params) => {
      params.commit_message = 'Text.';
      return merge();
    });
    const forge = forgeOn(double, 'org/registry', app, 'api', wrong);
    const { commit } = await forge.merge({ number, head, base: main, message: MESSAGE });
    assert.is(await forge.sync(), commit);
  },
);

merging('every request was as GitHub’s own description says', () => assert.equal(violations, []));

merging.run();
