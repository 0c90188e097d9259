import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAppAuth } from '@octokit/auth-app';
import { Octokit } from '@octokit/rest';
import { verify } from '@octokit/webhooks-methods';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Git } from '../../registry-repo/git.ts';
import { type GitError, runGit } from '../../registry-repo/git-process.ts';
import { commitFiles } from '../support/git.ts';
import { temporaryFolder } from '../support/paths.ts';
import { rejects } from '../support/rejects.ts';
import { ADMIN, type GitHubDouble, PROMOTER, startGitHubDouble } from './github/double.ts';
import { OPERATIONS } from './github/operations.ts';
import type { Options } from './github/options.ts';
import type { Repo } from './github/state.ts';

/** An id that no object has. */
const NOWHERE = '0'.repeat(40);
const OWNER = 'org';
const NAME = 'registry';
const at = { owner: OWNER, repo: NAME };

type Setup = { readonly double: GitHubDouble; readonly repo: Repo; readonly admin: Octokit; readonly writer: Octokit };

const client = (double: GitHubDouble, auth?: string) =>
  new Octokit({ baseUrl: double.url, ...(auth && { auth }), log: { debug() {}, info() {}, warn() {}, error() {} } });

/** Runs a test with a new double. The double must have found no invalid request unless the test says so. */
const on =
  (options: Options, test: (setup: Setup) => Promise<void>, violations = 0) =>
  async (): Promise<void> => {
    const double = await startGitHubDouble(options);
    try {
      double.world.organization(OWNER, { admin: 'admin', writer: 'write', other: 'write' });
      const repo = await double.createRepo(`${OWNER}/${NAME}`, { a: 'a\n', b: 'b\n' });
      const admin = client(double, double.token('admin', { permissions: ADMIN }));
      const writer = client(double, double.token('writer', {}));
      await test({ double, repo, admin, writer });
      assert.is(double.violations.length, violations, double.violations.join('\n'));
    } finally {
      await double.close();
    }
  };

type Files = Readonly<Record<string, string | null>>;

/** A branch with files, put into the repository as a push would; no rule is checked. */
async function branch(repo: Repo, name: string, files: Files, from?: string): Promise<string> {
  const base = from ?? ((await repo.git.resolve('refs/heads/main')) as string);
  const commit = await commitFiles(repo.git, base, files, `change ${name}`);
  const was = await repo.git.resolve(`refs/heads/${name}`);
  await repo.git.updateRefs([{ ref: `refs/heads/${name}`, to: commit, from: was }]);
  return commit;
}

async function pull({ repo, writer }: Setup, name: string, files: Files, from?: string) {
  const head = await branch(repo, name, files, from);
  const { data } = await writer.pulls.create({ ...at, title: name, head: name, base: 'main', body: 'text' });
  return { number: data.number, head };
}

type Failure = Error & { status: number; response?: { data: { message: string } } };
const refusal = async (promise: Promise<unknown>): Promise<[number, string]> => {
  const error = (await rejects(promise, Error)) as Failure;
  return [error.status, error.response?.data.message ?? error.message];
};

const merge = (octokit: Octokit, number: number, sha?: string) =>
  octokit.pulls.merge({ ...at, pull_number: number, merge_method: 'squash', ...(sha && { sha }) });

type RuleBody = NonNullable<Parameters<Octokit['repos']['createRepoRuleset']>[0]>['rules'];
const protect = (admin: Octokit, rules: NonNullable<RuleBody>) =>
  admin.repos.createRepoRuleset({
    ...at,
    name: 'main',
    target: 'branch',
    enforcement: 'active',
    bypass_actors: [],
    conditions: { ref_name: { include: ['~DEFAULT_BRANCH'], exclude: [] } },
    rules,
  });

const required = (context: string, app?: number, strict = true) => ({
  type: 'required_status_checks' as const,
  parameters: {
    strict_required_status_checks_policy: strict,
    required_status_checks: [{ context, ...(app && { integration_id: app }) }],
  },
});
const reviewed = (count: number) => ({
  type: 'pull_request' as const,
  parameters: {
    required_approving_review_count: count,
    dismiss_stale_reviews_on_push: true,
    require_code_owner_review: false,
    require_last_push_approval: false,
    required_review_thread_resolution: false,
  },
});

const asApp = (double: GitHubDouble, app: { id: number; key: string; installation: number }) =>
  new Octokit({
    baseUrl: double.url,
    authStrategy: createAppAuth,
    auth: { appId: app.id, privateKey: app.key, installationId: app.installation },
  });

/** A clone of the test's own, and a push from it. */
async function pusher(double: GitHubDouble, token: string) {
  const folder = temporaryFolder();
  const header = `Authorization: Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`;
  const env = { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'http.extraHeader', GIT_CONFIG_VALUE_0: header };
  const url = `${double.web}/${OWNER}/${NAME}.git`;
  await runGit(['clone', '--quiet', '--bare', url, folder], ['clone'], { env: { ...env, GIT_ALLOW_PROTOCOL: 'http' } });
  const git = new Git(folder);
  const push = async (...specs: string[]): Promise<string> => {
    try {
      await git.run(['push', url, ...specs], { env, remote: url });
      return '';
    } catch (error) {
      return (error as GitError).stderr;
    }
  };
  return { git, push, fetch: (ref: string) => git.run(['fetch', '--quiet', url, ref], { env, remote: url }) };
}

const requests = suite('github double: requests');

requests('plays every operation it describes', async () => {
  const parts = ['repos', 'pulls', 'merge', 'reviews', 'issues', 'settings', 'releases', 'users'];
  const modules = await Promise.all(parts.map((p) => import(`./github/routes/${p}.js`)));
  const played = modules
    .flatMap((m) => Object.values(m))
    .flatMap((v) => (v && typeof v === 'object' ? Object.keys(v) : []));
  assert.equal(
    OPERATIONS.filter((o) => !played.includes(o)),
    [],
  );
});

requests(
  'a member that GitHub does not know is refused, and kept',
  on(
    {},
    async (setup) => {
      const { number } = await pull(setup, 'x', { a: '1' });
      const wrong = { ...at, pull_number: number, merge_metod: 'squash' };
      assert.is(
        (await refusal(setup.writer.request('PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge', wrong)))[0],
        422,
      );
      assert.match(setup.double.violations[0] as string, 'merge_metod');
      assert.is((await refusal(setup.writer.request('GET /repos/{owner}/{repo}/stargazers', at)))[0], 404);
      assert.match(setup.double.violations[1] as string, 'stargazers');
      const typed = { ...at, title: 1, head: 'x', base: 'main' };
      assert.is((await refusal(setup.writer.request('POST /repos/{owner}/{repo}/pulls', typed as never)))[0], 422);
      const asked = { ...at, heaad: 'x' };
      assert.is((await refusal(setup.writer.request('GET /repos/{owner}/{repo}/pulls', asked)))[0], 422);
    },
    4,
  ),
);

requests(
  'lists come in pages that Octokit follows',
  on({}, async (setup) => {
    for (let i = 0; i < 5; i++) await pull(setup, `p${i}`, { [`f${i}`]: 'x' });
    const first = await setup.writer.pulls.list({ ...at, per_page: 2, state: 'all' });
    assert.match(first.headers.link as string, 'rel="last"');
    const all = await setup.writer.paginate(setup.writer.pulls.list, { ...at, per_page: 2, state: 'all' });
    assert.equal(
      all.map((p) => p.number),
      [5, 4, 3, 2, 1],
    );
    const one = await setup.writer.pulls.list({ ...at, head: `${OWNER}:p3` });
    assert.equal(
      one.data.map((p) => p.head.ref),
      ['p3'],
    );
  }),
);

requests(
  'tokens may do what they may, and not more',
  on({ clock: () => new Date('2026-01-02T03:04:05Z') }, async ({ double, writer }) => {
    assert.is((await refusal(client(double).repos.get(at)))[0], 404);
    assert.is((await refusal(client(double, 'github_pat_nobody').repos.get(at)))[0], 401);
    assert.is((await refusal(writer.repos.listWebhooks(at)))[0], 403);
    const reader = client(double, double.token('other', { permissions: { metadata: 'read' } }));
    const [status, message] = await refusal(reader.issues.createComment({ ...at, issue_number: 1, body: 'x' }));
    assert.equal([status, message], [403, 'Resource not accessible by personal access token']);
    const classic = await client(double, double.classicToken('writer', { scopes: ['repo', 'workflow'] })).repos.get(at);
    assert.is(classic.headers['x-oauth-scopes'], 'repo, workflow');
  }),
);

requests(
  'a token has so many calls',
  on({ rateLimit: 2 }, async ({ writer }) => {
    await writer.repos.get(at);
    await writer.repos.get(at);
    const error = (await rejects(writer.repos.get(at), Error)) as Failure & {
      response: { headers: Record<string, string> };
    };
    assert.equal([error.status, error.response.headers['x-ratelimit-remaining']], [403, '0']);
  }),
);
requests.run();

const apps = suite('github double: Apps');

apps(
  'an App signs with its own key, and its tokens have what they were asked for',
  on({}, async ({ double }) => {
    const app = double.app('gate', OWNER);
    const octokit = asApp(double, app);
    assert.is((await octokit.apps.getAuthenticated()).data?.id, app.id);
    const { data } = await octokit.apps.createInstallationAccessToken({
      installation_id: app.installation,
      permissions: { contents: 'read', metadata: 'read' },
      repositories: [NAME],
    });
    assert.equal(data.permissions, { contents: 'read', metadata: 'read' });
    const narrow = client(double, data.token);
    await narrow.git.getRef({ ...at, ref: 'heads/main' });
    assert.equal(
      await refusal(
        narrow.pulls.list(at).then(() => narrow.pulls.create({ ...at, title: 'x', head: 'x', base: 'main' })),
      ),
      [403, 'Resource not accessible by integration'],
    );
    const more = { installation_id: app.installation, permissions: { administration: 'write' as const } };
    assert.is((await refusal(octokit.apps.createInstallationAccessToken(more)))[0], 422);
    const stranger = asApp(double, { ...app, key: double.app('other-app', OWNER).key });
    assert.equal(await refusal(stranger.apps.getAuthenticated()), [401, 'A JSON web token could not be decoded']);
  }),
);

apps(
  'a required status counts only from the App that it is bound to',
  on({}, async (setup) => {
    const { double, admin, writer } = setup;
    const gate = double.app('gate', OWNER);
    await protect(admin, [required('pawl/gate', gate.id)]);
    const { number, head } = await pull(setup, 'x', { a: '1' });
    const status = { ...at, sha: head, state: 'success' as const };
    await writer.repos.createCommitStatus({ ...status, context: 'pawl/gate' });
    const token = double.actionsToken(`${OWNER}/${NAME}`, { statuses: 'write' });
    await client(double, token).repos.createCommitStatus({ ...status, context: 'pawl/gate' });
    const [code, message] = await refusal(merge(writer, number, head));
    assert.is(code, 405);
    assert.match(message, 'Required status check "pawl/gate" is expected.');
    await asApp(double, gate).repos.createCommitStatus({ ...status, context: 'Pawl/Gate' });
    assert.is((await merge(writer, number, head)).data.merged, true);
  }),
);
apps.run();

const merging = suite('github double: merging');

merging(
  'puts one commit on main with the tree of the real merge, and keeps the head',
  on({}, async (setup) => {
    const { repo, writer } = setup;
    const { number, head } = await pull(setup, 'x', { a: 'new', c: 'added' });
    await branch(repo, 'main', { b: 'beside' });
    const main = (await repo.git.resolve('refs/heads/main')) as string;
    const { data } = await writer.pulls.merge({
      ...at,
      pull_number: number,
      sha: head,
      merge_method: 'squash',
      commit_title: 'promote',
      commit_message: 'Trailer: yes',
    });
    assert.is(await repo.git.resolve('refs/heads/main'), data.sha);
    assert.equal(await repo.git.text(['log', '-1', '--format=%P', data.sha]), main);
    assert.is(await repo.git.text(['log', '-1', '--format=%B', data.sha]), 'promote\n\nTrailer: yes');
    assert.equal(
      (await repo.git.folder(data.sha, '')).map((e) => e.path),
      ['a', 'b', 'c'],
    );
    assert.is(await repo.git.resolve(`refs/pull/${number}/head`), head);
    await writer.pulls.checkIfMerged({ ...at, pull_number: number });
    assert.is((await writer.pulls.get({ ...at, pull_number: number })).data.merge_commit_sha, data.sha);
    assert.is((await refusal(merge(writer, number)))[0], 405);
  }),
);

merging(
  'refuses another head, a conflict, a draft and what is closed',
  on({}, async (setup) => {
    const { repo, writer } = setup;
    const { number, head } = await pull(setup, 'x', { a: '1' });
    assert.equal(await refusal(merge(writer, number, NOWHERE)), [
      409,
      'Head branch was modified. Review and try the merge again.',
    ]);
    await branch(repo, 'main', { a: 'other' });
    assert.equal(await refusal(merge(writer, number, head)), [405, 'Pull Request is not mergeable']);
    await branch(repo, 'd', { c: '1' });
    const draft = await writer.pulls.create({ ...at, title: 'd', head: 'd', base: 'main', draft: true });
    assert.equal(await refusal(merge(writer, draft.data.number)), [405, 'Pull Request is still a draft']);
    await writer.pulls.update({ ...at, pull_number: number, state: 'closed' });
    assert.is((await refusal(merge(writer, number)))[0], 405);
    assert.is((await refusal(writer.pulls.checkIfMerged({ ...at, pull_number: number })))[0], 404);
  }),
);

merging(
  'a head that is behind looks like a status that is missing, until the branch is updated',
  on({}, async (setup) => {
    const { double, repo, admin, writer } = setup;
    await protect(admin, [required('ci')]);
    const { number, head } = await pull(setup, 'x', { a: '1' });
    const status = (sha: string) => writer.repos.createCommitStatus({ ...at, sha, state: 'success', context: 'ci' });
    await status(head);
    await branch(repo, 'main', { b: 'beside' });
    const [code, message] = await refusal(merge(writer, number, head));
    assert.is(code, 405);
    assert.match(message, 'Required status check "ci" is expected.');
    await writer.pulls.get({ ...at, pull_number: number });
    await double.settled();
    assert.is((await writer.pulls.get({ ...at, pull_number: number })).data.mergeable_state, 'behind');
    await writer.pulls.updateBranch({ ...at, pull_number: number, expected_head_sha: head });
    const next = (await writer.pulls.get({ ...at, pull_number: number })).data.head.sha;
    assert.is.not(next, head);
    assert.is((await refusal(merge(writer, number, next)))[0], 405);
    await status(next);
    await merge(writer, number, next);
  }),
);

merging(
  'approvals count of others, and a push dismisses them',
  on({}, async (setup) => {
    const { double, repo, admin, writer } = setup;
    await protect(admin, [reviewed(1)]);
    const { number, head } = await pull(setup, 'x', { a: '1' });
    const approve = (by: Octokit) => by.pulls.createReview({ ...at, pull_number: number, event: 'APPROVE' });
    assert.is((await refusal(approve(writer)))[0], 422);
    assert.match((await refusal(merge(writer, number, head)))[1], 'At least 1 approving review is required');
    const other = client(double, double.token('other', {}));
    await approve(other);
    const { git, push } = await pusher(double, double.token('writer', {}));
    const next = await commitFiles(git, head, { a: '2' });
    assert.is(await push(`${next}:refs/heads/x`), '');
    assert.is((await writer.pulls.get({ ...at, pull_number: number })).data.head.sha, next);
    assert.equal(
      (await writer.pulls.listReviews({ ...at, pull_number: number })).data.map((r) => r.state),
      ['DISMISSED'],
    );
    assert.is((await refusal(merge(writer, number, next)))[0], 405);
    await approve(other);
    await merge(writer, number, next);
    assert.is((await repo.git.resolve(`refs/pull/${number}/head`)) ?? '', next);
  }),
);

merging(
  'whether it merges is not known at the first look',
  on({}, async (setup) => {
    const { double, repo, writer } = setup;
    await branch(repo, 'x', { a: '1' });
    const opened = await writer.pulls.create({ ...at, title: 'x', head: 'x', base: 'main' });
    const { number } = opened.data;
    assert.is(opened.data.mergeable, null);
    const look = async () => (await writer.pulls.get({ ...at, pull_number: number })).data;
    await double.settled();
    assert.equal([(await look()).mergeable, (await look()).mergeable_state], [true, 'clean']);
    await branch(repo, 'main', { a: 'other' });
    assert.is((await look()).mergeable, null);
    await double.settled();
    assert.equal([(await look()).mergeable, (await look()).mergeable_state], [false, 'dirty']);
  }),
);

merging(
  'one branch has one pull request; texts have limits',
  on({}, async (setup) => {
    await pull(setup, 'x', { a: '1' });
    const again = { ...at, title: 'x', head: 'x', base: 'main' };
    assert.is((await refusal(setup.writer.pulls.create(again)))[0], 422);
    await branch(setup.repo, 'y', { a: '1' });
    const long = { ...again, head: 'y', body: 'x'.repeat(65_537) };
    assert.is((await refusal(setup.writer.pulls.create(long)))[0], 422);
    assert.is((await refusal(setup.writer.pulls.create({ ...again, head: 'main' })))[0], 422);
  }),
);

merging(
  'a fork asks to be merged from its own repository',
  on({}, async ({ double, repo, writer }) => {
    const fork = await double.fork(`${OWNER}/${NAME}`, 'stranger');
    repo.collaborators.set('stranger', 'read');
    const head = await branch(fork, 'x', { a: 'theirs' });
    const stranger = client(double, double.token('stranger', {}));
    const { data } = await stranger.pulls.create({ ...at, title: 'x', head: 'stranger:x', base: 'main' });
    assert.is.not(data.head.repo?.id, data.base.repo.id);
    assert.is(await repo.git.resolve(`refs/pull/${data.number}/head`), head);
    assert.is((await refusal(merge(stranger, data.number, head)))[0], 403);
    await merge(writer, data.number, head);
  }),
);
merging.run();

const git = suite('github double: git');

git(
  'branches are pushed and fetched with a token; pull requests are nobody’s to push',
  on({}, async ({ double, repo }) => {
    const { git: clone, push, fetch } = await pusher(double, double.token('writer', {}));
    const main = (await clone.resolve('refs/heads/main')) as string;
    const head = await commitFiles(clone, main, { a: '1' });
    assert.is(await push(`${head}:refs/heads/x`, `${head}:refs/pawl/verdicts/1`), '');
    assert.is(await repo.git.resolve('refs/heads/x'), head);
    assert.is(await repo.git.resolve('refs/pawl/verdicts/1'), head);
    assert.match(await push(`${head}:refs/pull/1/head`), 'hidden ref');
    await fetch('refs/pawl/verdicts/1');
    assert.equal(
      double.world.pushes.map((p) => [p.ref, p.refused === null]),
      [
        ['refs/heads/x', true],
        ['refs/pawl/verdicts/1', true],
        ['refs/pull/1/head', false],
      ],
    );
    const reader = double.token('other', { permissions: { ...PROMOTER, contents: 'read' } });
    assert.match(await (await pusher(double, reader)).push(`${head}:refs/heads/y`), '403');
  }),
);

git(
  'rules of main hold for pushes, and say so as GitHub does',
  on({}, async (setup) => {
    const { double, repo, admin, writer } = setup;
    await protect(admin, [{ type: 'deletion' }, { type: 'non_fast_forward' }, reviewed(0), required('ci')]);
    const { git: clone, push } = await pusher(double, double.token('admin', { permissions: ADMIN }));
    const main = (await clone.resolve('refs/heads/main')) as string;
    const next = await commitFiles(clone, main, { a: '1' });
    const said = await push(`${next}:refs/heads/main`);
    assert.match(said, 'GH013: Repository rule violations found for refs/heads/main');
    assert.match(said, 'Changes must be made through a pull request.');
    assert.match(await push(':refs/heads/main'), 'Cannot delete this branch');
    const unrelated = await commitFiles(clone, null, { z: '1' });
    assert.match(await push(`+${unrelated}:refs/heads/main`), 'Cannot force-push to this branch');
    assert.is(await repo.git.resolve('refs/heads/main'), main);
    assert.is(await push(`${next}:refs/heads/x`), '');
    const { data } = await writer.pulls.create({ ...at, title: 'x', head: 'x', base: 'main' });
    assert.match(await push(`${next}:refs/heads/main`), 'GH013');
    await writer.repos.createCommitStatus({ ...at, sha: next, state: 'success', context: 'ci' });
    assert.is(await push(`${next}:refs/heads/main`), '');
    const shown = await writer.pulls.get({ ...at, pull_number: data.number });
    assert.equal([shown.data.state, shown.data.merged], ['closed', true]);
  }),
);

git(
  'a bypass is for its actor alone',
  on({}, async ({ double, repo, admin }) => {
    const app = double.app('mirror', OWNER);
    const { data } = await protect(admin, [reviewed(0)]);
    const bypass_actors = [{ actor_id: app.id, actor_type: 'Integration' as const, bypass_mode: 'always' as const }];
    await admin.repos.updateRepoRuleset({ ...at, ruleset_id: data.id, bypass_actors });
    const main = (await repo.git.resolve('refs/heads/main')) as string;
    const next = await commitFiles(repo.git, main, { a: '1' });
    const { token } = (await asApp(double, app).auth({ type: 'installation' })) as { token: string };
    const mine = await pusher(double, double.token('writer', {}));
    await commitFiles(mine.git, main, { a: '1' });
    assert.match(await mine.push(`${next}:refs/heads/main`), 'GH013');
    const theirs = await pusher(double, token);
    await commitFiles(theirs.git, main, { a: '1' });
    assert.is(await theirs.push(`${next}:refs/heads/main`), '');
  }),
);

git(
  'workflow files need a right of their own',
  on({}, async ({ double }) => {
    const file = { '.github/workflows/x.yml': 'on: push\n' };
    for (const [token, allowed] of [
      [double.token('writer', {}), false],
      [double.token('writer', { permissions: ADMIN }), true],
    ] as const) {
      const { git: clone, push } = await pusher(double, token);
      const head = await commitFiles(clone, (await clone.resolve('refs/heads/main')) as string, file);
      const said = await push(`${head}:refs/heads/w`);
      if (allowed) assert.is(said, '');
      else assert.match(said, 'refusing to allow a Personal Access Token to create or update workflow');
    }
  }),
);

git(
  'a deleted branch closes its pull request',
  on({}, async (setup) => {
    const { double, writer } = setup;
    const { number, head } = await pull(setup, 'x', { a: '1' });
    const { push } = await pusher(double, double.token('writer', {}));
    assert.is(await push(':refs/heads/x'), '');
    const { data } = await writer.pulls.get({ ...at, pull_number: number });
    assert.equal([data.state, data.merged, data.head.sha], ['closed', false, head]);
  }),
);
git.run();

const events = suite('github double: workflows and webhooks');

events(
  'webhooks are delivered and signed, and redelivered under their own id',
  on({}, async (setup) => {
    const { double, admin, writer } = setup;
    const heard: { event: string; id: string; body: string; signature: string }[] = [];
    const server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      const header = (name: string) => String(request.headers[name]);
      heard.push({
        event: header('x-github-event'),
        id: header('x-github-delivery'),
        body,
        signature: header('x-hub-signature-256'),
      });
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const config = { url, secret: 'a secret of ours', content_type: 'json' };
    const names = ['push', 'pull_request', 'pull_request_review', 'status'];
    const hook = await admin.repos.createWebhook({ ...at, config, events: names });
    assert.is(hook.data.config.secret, '********');
    const { number, head } = await pull(setup, 'x', { a: '1' });
    await writer.repos.createCommitStatus({ ...at, sha: head, state: 'success', context: 'ci' });
    await merge(writer, number, head);
    await double.settled();
    assert.equal([...new Set(heard.map((h) => h.event))].sort(), ['ping', 'pull_request', 'push', 'status']);
    for (const { body, signature } of heard) assert.ok(await verify('a secret of ours', body, signature));
    const [first] = heard;
    await double.redeliver(first?.id as string);
    assert.equal([heard.at(-1)?.id, heard.at(-1)?.body], [first?.id, first?.body]);
    server.close();
  }),
);

const WORKFLOW = 'on:\n  workflow_dispatch:\n    inputs:\n      pr: { required: true, type: string }\njobs: {}\n';

events(
  'a dispatch makes a run and plays the workflow',
  on({ onDispatch: async ({ inputs }) => (inputs.pr === '1' ? 'success' : 'failure') }, async (setup) => {
    const { double, repo, writer } = setup;
    await branch(repo, 'main', { '.github/workflows/gate.yml': WORKFLOW, '.github/workflows/ci.yml': 'on: push\n' });
    const dispatch = (workflow_id: string, inputs: Record<string, string>, ref = 'main') =>
      writer.actions.createWorkflowDispatch({ ...at, workflow_id, ref, inputs });
    await dispatch('gate.yml', { pr: '1' });
    await dispatch('gate.yml', { pr: '2' });
    await double.settled();
    const runs = await writer.actions.listWorkflowRuns({ ...at, workflow_id: 'gate.yml' });
    assert.equal(
      runs.data.workflow_runs.map((r) => r.conclusion),
      ['failure', 'success'],
    );
    assert.equal(
      double.world.dispatches.map((d) => d.inputs),
      [{ pr: '1' }, { pr: '2' }],
    );
    assert.is((await refusal(dispatch('none.yml', {})))[0], 404);
    assert.is((await refusal(dispatch('ci.yml', {})))[0], 422);
    assert.is((await refusal(dispatch('gate.yml', { pr: '1' }, 'nowhere')))[0], 422);
    assert.is((await refusal(dispatch('gate.yml', { pr: '1', other: 'x' })))[0], 422);
    assert.is((await refusal(dispatch('gate.yml', {})))[0], 422);
  }),
);
events.run();

const settings = suite('github double: statuses, releases, settings');

settings(
  'the latest status of a context counts, whatever its case',
  on({}, async (setup) => {
    const { writer } = setup;
    const { head } = await pull(setup, 'x', { a: '1' });
    const set = (context: string, state: 'pending' | 'success' | 'failure') =>
      writer.repos.createCommitStatus({ ...at, sha: head, context, state });
    await set('ci', 'failure');
    await set('CI', 'success');
    await set('lint', 'pending');
    const { data } = await writer.repos.getCombinedStatusForRef({ ...at, ref: head });
    assert.equal([data.state, data.total_count], ['pending', 2]);
    assert.is((await writer.repos.listCommitStatusesForRef({ ...at, ref: head })).data.length, 3);
    const long = { ...at, sha: head, state: 'success' as const, description: 'x'.repeat(141) };
    assert.is((await refusal(writer.repos.createCommitStatus(long)))[0], 422);
    assert.is((await refusal(writer.repos.createCommitStatus({ ...at, sha: NOWHERE, state: 'success' })))[0], 422);
  }),
);

settings(
  'assets go up and come down by another address; a broken upload is in the way',
  on({}, async ({ double, writer }) => {
    const release = await writer.repos.createRelease({ ...at, tag_name: 'v1' });
    await writer.git.getRef({ ...at, ref: 'tags/v1' });
    const upload = (name: string, data: string) =>
      writer.repos.uploadReleaseAsset({
        ...at,
        url: release.data.upload_url,
        release_id: release.data.id,
        name,
        data,
        headers: { 'content-type': 'application/octet-stream', 'content-length': data.length },
      });
    const asset = await upload('model.onnx', 'bytes of a model');
    assert.match((asset.data as { digest?: string }).digest ?? '', /^sha256:[0-9a-f]{64}$/);
    assert.is((await refusal(upload('model.onnx', 'again')))[0], 422);
    const found = await fetch(asset.data.url, {
      headers: { accept: 'application/octet-stream', authorization: `token ${double.token('writer', {})}` },
    });
    assert.is(await found.text(), 'bytes of a model');
    assert.ok(found.redirected && new URL(found.url).origin !== new URL(double.url).origin);
    const part = await fetch(found.url, { headers: { range: 'bytes=6-' } });
    assert.equal([part.status, await part.text()], [206, 'of a model']);
    double.fault({ match: /upload-release-asset/, kind: '502' });
    assert.is((await refusal(upload('large', 'x')))[0], 502);
    assert.is((await refusal(upload('large', 'x')))[0], 422);
    const { data } = await writer.repos.listReleaseAssets({ ...at, release_id: release.data.id });
    const starter = data.find((a) => a.name === 'large');
    assert.is(starter?.state, 'starter' as never);
    await writer.repos.deleteReleaseAsset({ ...at, asset_id: starter?.id as number });
    await upload('large', 'x');
  }),
);

settings(
  'a repository is made and set up; what was set is read back',
  on({}, async ({ double, admin }) => {
    await admin.repos.createInOrg({ org: OWNER, name: 'new', private: true, allow_merge_commit: false });
    const there = { owner: OWNER, repo: 'new' };
    await admin.actions.setGithubActionsDefaultWorkflowPermissionsRepository({
      ...there,
      default_workflow_permissions: 'read',
      can_approve_pull_request_reviews: false,
    });
    await admin.repos.createOrUpdateEnvironment({
      ...there,
      environment_name: 'gate',
      deployment_branch_policy: { protected_branches: false, custom_branch_policies: true },
    });
    await admin.repos.createDeploymentBranchPolicy({ ...there, environment_name: 'gate', name: 'main' });
    const policies = await admin.repos.listDeploymentBranchPolicies({ ...there, environment_name: 'gate' });
    assert.equal(
      policies.data.branch_policies.map((p) => p.name),
      ['main'],
    );
    assert.equal((await admin.repos.get(there)).data.allow_merge_commit, false);
    await protect(admin, [{ type: 'deletion' }]);
    const rules = await admin.repos.getBranchRules({ ...at, branch: 'main' });
    assert.equal(
      rules.data.map((r) => r.type),
      ['deletion'],
    );
    const writer = client(double, double.token('writer', { permissions: ADMIN }));
    const again = { ...at, name: 'x', enforcement: 'active' as const };
    assert.is((await refusal(writer.repos.createRepoRuleset(again)))[0], 403);
  }),
);
settings.run();

const faults = suite('github double: faults and partial servers');

for (const [kind, expected, done] of [
  ['drop-before', 500, false],
  ['drop-after', 500, true],
  ['500', 500, false],
  ['502', 502, false],
  ['502-after', 502, true],
  ['429', 429, false],
  ['secondary-limit', 403, false],
] as const)
  faults(
    `${kind}: ${done ? 'the work was done' : 'nothing was done'}`,
    on({}, async (setup) => {
      const { double, repo, writer } = setup;
      const { number } = await pull(setup, 'x', { a: '1' });
      double.fault({ match: /^issues\/create-comment$/, kind });
      const comment = () => writer.issues.createComment({ ...at, issue_number: number, body: 'x' });
      assert.is((await refusal(comment()))[0], expected);
      assert.is(repo.comments.length, done ? 1 : 0);
      await comment();
    }),
  );

faults(
  'truncated: the work was done, and Octokit takes what came for the answer',
  on({}, async (setup) => {
    const { double, repo, writer } = setup;
    const { number } = await pull(setup, 'x', { a: '1' });
    double.fault({ match: /^issues\/create-comment$/, kind: 'truncated' });
    const { data } = await writer.issues.createComment({ ...at, issue_number: number, body: 'x' });
    assert.type(data, 'string');
    assert.is(repo.comments.length, 1);
  }),
);

faults(
  'something happens just before a request is answered',
  on({}, async (setup) => {
    const { double, repo, writer } = setup;
    const { number, head } = await pull(setup, 'x', { a: '1' });
    const { git: clone, push } = await pusher(double, double.token('writer', {}));
    const next = await commitFiles(clone, head, { a: '2' });
    double.fault({ match: /^pulls\/merge$/, kind: { run: () => push(`${next}:refs/heads/x`) } });
    assert.is((await refusal(merge(writer, number, head)))[0], 409);
    assert.is(await repo.git.resolve('refs/heads/x'), next);
  }),
);

faults(
  'a server that claims more than it does',
  on(
    { partial: { mergeIgnoresSha: true, mergeRefusalsAs200: true, noRulesets: true, createsAs200: true } },
    async (setup) => {
      const { admin, writer } = setup;
      assert.is((await refusal(protect(admin, [{ type: 'deletion' }])))[0], 404);
      const { number } = await pull(setup, 'x', { a: '1' });
      const comment = await writer.issues.createComment({ ...at, issue_number: number, body: 'x' });
      assert.is(comment.status as number, 200);
      assert.is((await merge(writer, number, NOWHERE)).data.merged, true);
      const again = await merge(writer, number);
      assert.equal([again.status as number, (again.data as { status?: number }).status], [200, 405]);
    },
  ),
);
faults.run();
