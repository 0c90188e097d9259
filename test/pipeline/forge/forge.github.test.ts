import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Config } from '../../../pipeline/config/config.ts';
import { GitHubForge } from '../../../pipeline/forge/forge.github.ts';
import { connectGitHub } from '../../../pipeline/forge/github/open.github.ts';
import { Git } from '../../../registry-repo/git.ts';
import { forgeContract } from '../../contract/forge.ts';
import { type GitHubDouble, startGitHubDouble } from '../../doubles/github/double.ts';
import { forgeOn } from '../../doubles/github/forge.ts';
import type { RepositoryEvent } from '../../doubles/github/options.ts';
import { commitFiles, tester } from '../../support/git.ts';
import { temporaryFolder } from '../../support/paths.ts';

const clock = () => new Date();

/** GitHub's rules as far as a merge without a gate needs them: that a branch must be up to date counts only beside a status. */
const STRICT = {
  type: 'required_status_checks',
  parameters: { strict_required_status_checks_policy: true, required_status_checks: [{ context: 'ci' }] },
};

/** A check that every head passes as soon as it is there. */
function passes({ event, repo, payload }: RepositoryEvent): void {
  if (event !== 'pull_request' || !/^(?:opened|synchronize|reopened)$/.test(String(payload.action))) return;
  const { sha } = (payload.pull_request as { head: { sha: string } }).head;
  const { world } = double;
  const by = { creator: world.account('ci'), appId: null, createdAt: world.time() };
  repo.statuses.push({
    id: world.id(),
    sha,
    state: 'success',
    context: 'ci',
    description: null,
    targetUrl: null,
    ...by,
  });
}

let double: GitHubDouble;
/** A hook that throws after a test would hide the test's own failure. */
const violations: string[] = [];

async function open() {
  double = await startGitHubDouble({ onEvent: passes });
  const repo = await double.createRepo('org/registry', { a: 'a', b: 'b' });
  const conditions = { ref_name: { include: ['~DEFAULT_BRANCH'], exclude: [] } };
  const times = { createdAt: '', updatedAt: '' };
  repo.rulesets.push({
    id: 1,
    name: 'main',
    target: 'branch',
    enforcement: 'active',
    bypass_actors: [],
    conditions,
    rules: [STRICT],
    ...times,
  });
  const app = double.app('promoter', 'org');
  const person = { token: double.token('reviewer', { repo: 'org/registry' }) };
  return { forge: forgeOn(double, 'org/registry', app), other: forgeOn(double, 'org/registry', person) };
}

forgeContract('github', open, {
  upToDate: true,
  after: async () => {
    await double.close();
    violations.push(...double.violations);
  },
});

const requests = suite('requests to GitHub');
requests('are all as GitHub’s own description says', () => assert.equal(violations, []));
requests.run();

// The same on a real GitHub, where somebody lends an empty repository: its main branch is started anew for every test.
const { PAWL_TEST_GITHUB_REPO: repository, PAWL_TEST_GITHUB_TOKEN: token } = process.env;

async function openReal() {
  // Nobody's registry is to lose its main by a mistyped name.
  assert.match(repository as string, /pawl-test/, 'PAWL_TEST_GITHUB_REPO must have "pawl-test" in its name');
  const client = () => {
    const registry = { ...Config.shape.registry.parse({ forge: 'github', repository }), api: null };
    const git = new Git(join(temporaryFolder(), 'mirror.git'));
    const secrets = { forgeToken: token ?? null, appKey: null, webhook: null, gateKey: null, logKey: null };
    const { mirror, ...connection } = connectGitHub({ registry, git, secrets, env: {}, by: tester, clock });
    return { mirror, forge: new GitHubForge({ ...connection, mirror, merge: 'api', by: tester, clock }) };
  };
  const [{ forge, mirror }, { forge: other }] = [client(), client()];
  const old = await forge.sync();
  for (const { number } of await forge.pullRequests({ state: 'open' })) await forge.closePullRequest(number);
  const branches = await forge.git.text(['for-each-ref', '--format=%(refname:lstrip=2)', 'refs/heads/promote/']);
  for (const branch of branches.split('\n').filter(Boolean)) await forge.deleteBranch(branch);
  const fresh = await commitFiles(forge.git, null, { a: 'a', b: 'b' }, randomUUID());
  await mirror.push({ ref: 'refs/heads/main', to: fresh, from: old });
  return { forge, other };
}

if (repository && token) forgeContract(`github, ${repository}`, openReal, { upToDate: true, oneAccount: true });
