import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Team } from '../doubles/github/gate-workflow.ts';
import { pawl, stopAll } from '../support/cli.ts';
import { temporaryFolder } from '../support/paths.ts';
import { sampleSettings } from '../support/sample-settings.ts';

// The whole flow on GitHub's double: its own API description checks every request, its rules keep main, git is real.

const folder = temporaryFolder();
let team: Team;

const withRows = (rows: number) => writeFileSync(join(folder, 'pawl.yaml'), sampleSettings(rows));

async function json<T>(args: readonly string[], env: Record<string, string>, expected = 0): Promise<T> {
  const ran = await pawl(folder, [...args, '--json'], { env });
  assert.is(ran.code, expected, `pawl ${args.join(' ')}: ${ran.stderr}${ran.stdout}`);
  return JSON.parse(ran.stdout) as T;
}

type Part = { name: string; state: string; what: string };
type Promoted = { status: string; version: number; pullRequest: number; url: string; commit: string };

const story = suite('the story, on GitHub');
story.before(async () => {
  team = await Team.create();
  team.keys = join(folder, '.pawl/keys');
});
story.after(async () => {
  stopAll();
  await team.double.close();
});
story.after.each(() => assert.equal(team.double.violations, []));

story('a dry run tells every request and sends none that changes something', async () => {
  withRows(1500);
  const args = ['registry', 'init', '--action', team.action, '--dry-run'];
  const { calls } = await json<{ calls: { route: string }[] }>(args, team.asAdmin);
  assert.ok(calls.some((c) => c.route === 'POST /orgs/{org}/repos'));
  assert.ok(calls.some((c) => c.route === 'POST /repos/{owner}/{repo}/rulesets'));
  assert.ok(team.double.calls.every((c) => c.method === 'GET'));
});

story('the registry is made, protected, and tried; again, nothing is sent', async () => {
  const args = ['registry', 'init', '--action', team.action, '--owners', '@admin'];
  type Done = { parts: Part[]; calls: unknown[]; enforced: unknown; created: boolean };
  const first = await json<Done>(args, team.asAdmin);
  assert.equal(first.created, true);
  assert.equal(
    first.parts.filter((p) => p.state !== 'ok'),
    [],
  );
  assert.equal(first.enforced, { headPrecondition: true, requiredStatus: true });
  const again = await json<Done>(args, team.asAdmin);
  assert.equal([again.created, again.calls], [false, []]);
  const repo = team.double.world.repo(team.repository);
  const branches = await repo?.git.text(['for-each-ref', '--format=%(refname)', 'refs/heads']);
  assert.is(branches, 'refs/heads/main', 'what was tried is gone');
});

story('an empty repository that is there becomes a registry, too', async () => {
  const repo = await team.double.createRepo('org/adopted');
  const home = temporaryFolder();
  writeFileSync(join(home, 'pawl.yaml'), sampleSettings(60));
  const args = ['registry', 'init', '--repo', 'org/adopted', '--action', team.action, '--json'];
  const { code, stdout, stderr } = await pawl(home, args, { env: team.asAdmin });
  assert.is(code, 0, stderr + stdout);
  assert.is((JSON.parse(stdout) as { created: boolean }).created, false);
  const files = await repo.git.text(['ls-tree', '--name-only', 'refs/heads/main']);
  for (const name of ['gate.json', 'evaluation', '.github']) assert.match(files, name);
  assert.is(repo.rulesets.length, 1);
});

story('attacks 17, 61: doctor sees what was loosened, names the request that mends it, and init mends it', async () => {
  const args = ['doctor', '--set', `registry.action=${team.action}`];
  type Found = { name: string; state: string; what: string; fix: string };
  const protection = async (expected: number) =>
    (await json<Found[]>(args, team.asAdmin, expected)).find((d) => d.name === 'main protected');
  assert.is((await protection(0))?.state, 'ok');
  const repo = team.double.world.repo(team.repository);
  const [rules] = repo?.rulesets ?? [];
  assert.ok(repo && rules);
  rules.bypass_actors = [{ actor_id: 5, actor_type: 'RepositoryRole', bypass_mode: 'always' }];
  repo.actions.workflow = { ...repo.actions.workflow, default_workflow_permissions: 'write' };
  repo.settings = { ...repo.settings, allow_auto_merge: true };
  repo.actions.permissions = { ...repo.actions.permissions, sha_pinning_required: false };
  const loosened = await protection(1);
  assert.is(loosened?.state, 'problem');
  for (const part of ['bypass_actors', 'default_workflow_permissions', 'allow_auto_merge', 'sha_pinning_required'])
    assert.match(loosened?.what ?? '', part);
  assert.match(loosened?.fix ?? '', 'PUT /repos/{owner}/{repo}/rulesets/{ruleset_id}');
  await json(['registry', 'init', '--action', team.action, '--owners', '@admin'], team.asAdmin);
  assert.is((await protection(0))?.state, 'ok');
});

story('attack 21: nobody pushes to main', async () => {
  const repo = team.double.world.repo(team.repository);
  const main = await repo?.git.resolve('refs/heads/main');
  const { forgeOn } = await import('../doubles/github/forge.ts');
  const { commitFiles } = await import('../support/git.ts');
  const forge = forgeOn(team.double, team.repository, { token: team.admin });
  const mine = await commitFiles(forge.git, await forge.sync(), { 'README.md': 'mine' });
  let refused = '';
  const remote = `http://x:${team.admin}@${new URL(team.double.web).host}/${team.repository}.git`;
  await forge.git
    .run(['push', remote, `${mine}:refs/heads/main`], { remote })
    .catch((error) => (refused = String(error.message)));
  assert.match(refused, 'rule violations');
  assert.is(await repo?.git.resolve('refs/heads/main'), main);
});

story(
  'a first candidate is pushed, judged by the workflow, merged, and recorded, without the gate’s key here',
  async () => {
    const elsewhere = temporaryFolder();
    renameSync(join(team.keys, 'gate.pem'), join(elsewhere, 'gate.pem'));
    team.keys = elsewhere;
    await json(['train'], team.asPromoter);
    const promoted = await json<Promoted>(['promote'], team.asPromoter);
    assert.equal([promoted.status, promoted.version], ['merged', 1]);
    const repo = team.double.world.repo(team.repository);
    const pull = repo?.pulls.at(-1);
    assert.is(pull?.mergeCommit, promoted.commit);
    assert.is(pull?.user.id, team.promoter.bot);
    assert.is(pull?.mergedBy?.id, team.gate.bot);
    const [status] = repo?.statuses.filter((s) => s.sha === pull?.head && s.state === 'success') ?? [];
    assert.is(status?.appId, team.gate.id);
    const body = pull?.body ?? '';
    assert.match(body, '**Gate: passed.**');
    for (const plot of ['history', 'precision-recall', 'calibration'])
      assert.ok(
        new RegExp(`!\\[[^\\]]+\\]\\(http://[^)]+/raw/${pull?.head}/models/sentiment/versions/1/${plot}\\.svg\\)`).test(
          body,
        ),
        plot,
      );
    for (const heading of ['By label', 'By length of text', 'Changes', 'Reproduce'])
      assert.match(body, `### ${heading}`);
  },
);

story('a worse one is refused by the workflow: closed, with the numbers', async () => {
  withRows(300);
  await json(['train'], team.asPromoter);
  const refused = await json<Promoted>(['promote'], team.asPromoter, 1);
  assert.is(refused.status, 'rejected');
  const pull = team.double.world.repo(team.repository)?.pulls.at(-1);
  assert.equal([pull?.state, pull?.mergedAt], ['closed', null]);
});

story('a job’s own token opens no pull request, and says why', async () => {
  const repo = team.double.world.repo(team.repository);
  assert.ok(repo);
  const token = team.double.world.actionsToken(repo, { contents: 'write', pull_requests: 'write' });
  const env = { ...team.env, GITHUB_ACTIONS: 'true', GITHUB_TOKEN: token };
  withRows(2500);
  await json(['train'], env);
  const ran = await pawl(folder, ['promote'], { env });
  assert.is(ran.code, 3);
  assert.match(ran.stderr, 'GITHUB_TOKEN');
  await json(['promote'], team.asPromoter);
});

story('the text of a pull request has all that a reviewer decides by', async () => {
  const pull = team.double.world.repo(team.repository)?.pulls.at(-1);
  const body = pull?.body ?? '';
  assert.match(body.split('\n')[0] as string, '✓ **Gate: passed.**');
  const run = /^\| run \| `([0-9a-z]+)` \|$/m.exec(body)?.[1];
  const from = '/models/sentiment/versions/3/manifest.json';
  for (const part of [
    '|  | candidate v3 | baseline v1 | difference |',
    '| macro F1, 95 % interval |',
    'McNemar',
    '<summary>Confusion matrices</summary>',
    'Candidate\n\n| truth \\ predicted | ',
    'Baseline\n\n| truth \\ predicted | ',
    '### By label',
    '### By length of text',
    '### Changes',
    '| training rows | `2500` | `1500` |',
    '### Plots',
    '<summary>Model card</summary>',
    `pawl train --like ${run}`,
    `pawl runs show ${run}`,
    `pawl events list --stream run-${run}`,
    'pawl events list --stream model-sentiment',
    '| code | `no commit` |',
    `/raw/${pull?.head}${from}) |`,
  ])
    assert.ok(body.includes(part), `${part}\n\n${body}`);
  assert.not.match(body, /^\| [^|]+ \| {2}\|$/m, 'no row without an answer');
  assert.ok(body.length < 65_536);
});

story('a rollback goes through its own class, and everything can be audited', async () => {
  const back = await json<Promoted>(['rollback', '--reason', 'complaints'], team.asPromoter);
  assert.is(back.status, 'merged');
  await json(['reconcile'], team.asPromoter);
  const { code, stdout } = await pawl(folder, ['doctor', '--set', `registry.action=${team.action}`], {
    env: team.asAdmin,
  });
  assert.is(code, 0, stdout);
  const audit = await pawl(folder, ['audit'], { env: team.asPromoter });
  assert.is(audit.code, 0, audit.stdout + audit.stderr);
  assert.ok(team.played.every((p) => p.evaluate.code === 0));
  for (const { publish } of team.played) assert.ok('outcome' in JSON.parse(publish.stdout), publish.stdout);
});

story('attack 56: no secret and no token is in any file, message, or log', async () => {
  const secrets = [team.admin, team.promoter.key.split('\n')[3] as string, ...team.double.world.tokens.keys()];
  const { readdirSync, readFileSync, statSync } = await import('node:fs');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((f) => join(folder, f))
    .filter((f) => statSync(f).isFile());
  for (const file of files) {
    const text = readFileSync(file, 'latin1');
    for (const secret of secrets) assert.not(text.includes(secret), `a secret in ${file}`);
  }
  for (const { evaluate, publish } of team.played)
    for (const secret of secrets) assert.not([evaluate, publish].some((r) => (r.stdout + r.stderr).includes(secret)));
});

story.run();
