import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type GitHubDouble, startGitHubDouble } from '../doubles/github/double.ts';
import { ended, json, pawl, printed, start, stopAll } from '../support/cli.ts';
import { commitFiles } from '../support/git.ts';
import { temporaryFolder } from '../support/paths.ts';
import { sampleTraining } from '../support/sample-settings.ts';
import { until } from '../support/until.ts';
import { githubHook, SECRET, type Sent } from '../support/webhooks.ts';

// A server that hears of a push: it fetches, trains in a process of its own, promotes, and answers with what came of it.

type Listed = { id: string; status: string; trigger: { kind: string; repository?: string; commit?: string } };

let github: GitHubDouble;
const hooks = suite('webhooks, end to end');
hooks.before(async () => {
  github = await startGitHubDouble();
});
hooks.after(async () => {
  stopAll();
  await github.close();
});

hooks(
  'attack 58: a push starts one run, a merge is served at once, without a poll; stopping ends the run',
  async () => {
    const repo = await github.createRepo('org/reviews', { 'pawl.yaml': sampleTraining(1500) });
    const token = github.token('reader', { repo: 'org/reviews', role: 'read' });
    const push = async (rows: number): Promise<string> => {
      const from = (await repo.git.resolve('refs/heads/main')) as string;
      const commit = await commitFiles(repo.git, from, { 'pawl.yaml': sampleTraining(rows) });
      await repo.git.updateRefs([{ ref: 'refs/heads/main', to: commit, from }]);
      return commit;
    };
    const home = temporaryFolder();
    writeFileSync(
      join(home, 'pawl.yaml'),
      `${sampleTraining(1500)}policy: { minimum: 0.8 }
registry: { api: ${github.url} }
watch: { repository: ${github.web}/org/reviews.git }
server: { port: 0, pollMs: 86400000, reconcileMs: 0 }
`,
    );
    assert.is((await pawl(home, ['registry', 'init'])).code, 0);
    const runs = () => json<Listed[]>(home, ['runs', 'list']);
    const first = (await repo.git.resolve('refs/heads/main')) as string;

    const secrets = { PAWL_SECRET_WEBHOOK: SECRET, PAWL_SECRET_FORGE_TOKEN: token };
    const server = start(home, ['serve'], secrets);
    let said = '';
    for (const stream of [server.stdout, server.stderr]) stream?.on('data', (chunk) => (said += chunk));
    const [, url] = await printed(server, /listening on (http:\S+)/);
    const hook = async (sent: Sent) => (await fetch(`${url}/webhooks/github`, githubHook(sent))).status;
    const serves = async (version: number) => {
      const response = await fetch(`${url}/model`);
      const { version: now } = (await response.json()) as { version?: number };
      return response.ok && now === version;
    };

    await until(() => serves(1));
    assert.equal(
      (await runs()).map((r) => r.trigger),
      [{ kind: 'push', repository: `${github.web}/org/reviews`, branch: 'main', commit: first }],
      'what was there when it started, under the name that a workflow would give it',
    );

    const second = await push(4000);
    const delivery = { about: 'org/reviews', delivery: 'one-push' };
    assert.is(await hook({ ...delivery, secret: 'another secret, long enough' }), 401);
    assert.equal([await hook(delivery), await hook(delivery), await hook({ about: 'org/reviews' })], [202, 202, 202]);
    await until(() => serves(2));
    assert.equal((await runs()).map((r) => r.trigger.commit).sort(), [first, second].sort(), 'one run a commit');

    assert.is((await pawl(home, ['rollback', '--reason', 'complaints'])).code, 0);
    assert.is(await hook({ about: '.pawl/registry', event: 'pull_request' }), 202);
    await until(() => serves(1));

    const third = await push(200_000);
    assert.is(await hook({ about: 'org/reviews' }), 202);
    const thirdRun = async () => (await runs()).find((r) => r.trigger.commit === third);
    await until(async () => (await thirdRun())?.status === 'running');
    server.kill('SIGTERM');
    assert.is(await ended(server), 0);
    assert.is((await thirdRun())?.status, 'interrupted');
    for (const secret of Object.values(secrets)) assert.not.match(said, secret);
    assert.is((await pawl(home, ['audit'])).code, 0);
  },
);

hooks.run();
