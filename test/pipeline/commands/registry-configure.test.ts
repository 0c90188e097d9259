import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { printFile } from '../../../registry-repo/file.ts';
import { Git } from '../../../registry-repo/git.ts';
import { POLICY_PATH, type Policy } from '../../../registry-repo/policy.ts';
import { RegistryAt } from '../../../registry-repo/registry.ts';
import { Team } from '../../doubles/github/gate-workflow.ts';
import { json, pawl } from '../../support/cli-here.ts';
import { commitFiles } from '../../support/git.ts';
import { temporaryFolder } from '../../support/paths.ts';

const configure = suite('pawl registry configure');

configure('keeps rules that only gate.json has', async () => {
  const home = temporaryFolder();
  writeFileSync(join(home, 'pawl.yaml'), 'data:\n  kind: sample\n  train: 60\n  test: 40\n');
  assert.is((await pawl(home, ['registry', 'init'])).code, 0);
  const git = new Git(join(home, '.pawl/registry.git'));
  const main = async () => (await git.resolve('refs/heads/main')) as string;
  const policy = async (): Promise<Policy> => (await new RegistryAt(git, await main()).policy()).value;
  const strict = structuredClone(await policy());
  const own = {
    significance: { test: 'mcnemar', alpha: 0.05 },
    labelFloors: { neg: 0.7 },
    sliceFloors: { short: 0.6 },
    budget: { sizeRatio: 1.5, latencyRatio: 2 },
  } as const;
  Object.assign(strict.models.sentiment as object, own);
  const to = await commitFiles(git, await main(), { [POLICY_PATH]: printFile(strict) });
  execFileSync('git', ['--git-dir', git.gitDir, 'update-ref', 'refs/heads/main', to]);
  const ran = await pawl(home, ['registry', 'configure', '--minimum', '0.9', '--reason', 'higher']);
  assert.is(ran.code, 0, ran.stderr);
  const { minimum, significance, labelFloors, sliceFloors, budget } = (await policy()).models.sentiment ?? {};
  assert.equal({ minimum, significance, labelFloors, sliceFloors, budget }, { minimum: 0.9, ...own });
});

/** Rules at a commit, and the public keys of a folder that are for one registry alone. */
const rulesAt = async (git: Git, ref = 'refs/heads/main'): Promise<Policy> =>
  (await new RegistryAt(git, (await git.resolve(ref)) as string).policy()).value;
const pinsIn = (keys: string): unknown[] =>
  readdirSync(keys)
    .filter((name) => name.endsWith('.pub.json'))
    .map((name) => JSON.parse(readFileSync(join(keys, name), 'utf8')).registry ?? null);

/** Takes the id out of the rules on main and out of the public keys, as if an older Pawl had made them. */
async function asOfOld(git: Git, keys: string): Promise<string> {
  const from = (await git.resolve('refs/heads/main')) as string;
  const { registry: _, ...rules } = await rulesAt(git);
  const to = await commitFiles(git, from, { [POLICY_PATH]: printFile(rules) });
  await git.updateRefs([{ ref: 'refs/heads/main', to, from }]);
  for (const name of readdirSync(keys).filter((name) => name.endsWith('.pub.json'))) {
    const { registry, ...key } = JSON.parse(readFileSync(join(keys, name), 'utf8'));
    writeFileSync(join(keys, name), printFile(key));
  }
  return to;
}

const SMALL = 'data:\n  kind: sample\n  train: 1500\n  test: 400\npolicy:\n  minimum: 0.8\n';
const IDENTIFY = ['registry', 'configure', '--identify', '--reason', 'one key signs for two registries'];

configure('--identify gives an older registry its id, and the keys here count for it alone', async () => {
  const home = temporaryFolder();
  const keys = join(home, '.pawl/keys');
  writeFileSync(join(home, 'pawl.yaml'), SMALL);
  assert.is((await pawl(home, ['registry', 'init'])).code, 0);
  const git = new Git(join(home, '.pawl/registry.git'));
  const forged = await asOfOld(git, keys);
  const warned = await pawl(home, ['doctor']);
  assert.match(warned.stdout, 'pawl registry configure --identify');
  await json(home, ['train']);
  assert.is((await json(home, ['promote'])).status, 'merged', 'as of old, without an id');
  assert.equal(pinsIn(keys), [null, null]);
  const before = await git.resolve('refs/heads/main');

  const ran = await json<{ changed: boolean; commit: string }>(home, IDENTIFY);
  const { registry } = await rulesAt(git);
  assert.is(ran.changed, true);
  assert.is(registry?.after, before, 'what was merged up to here may name no registry');
  for (const pin of pinsIn(keys) as Policy['registry'][]) assert.equal([pin?.id, pin?.after], [registry?.id, before]);
  assert.not.match((await pawl(home, ['doctor'])).stdout, 'configure --identify');

  assert.is((await json(home, IDENTIFY)).changed, false, 'an id is given once');
  assert.equal((await rulesAt(git)).registry, registry);
  assert.is(await git.resolve('refs/heads/main'), ran.commit);
  const answered = await pawl(home, ['predict', 'a wonderful film']);
  assert.is(answered.code, 0, `the version of old still serves: ${answered.stderr}`);
  await json(home, ['train', '--seed', '2']);
  const next = await pawl(home, ['promote', '--json']);
  assert.match(JSON.parse(next.stdout).status, /^(?:merged|rejected)$/, 'and the gate judges on');
  const { findings } = await json<{ findings: { code: string }[] }>(home, ['audit'], 1);
  assert.equal(
    findings.map((finding) => [finding.code, JSON.stringify(finding).includes(forged)]),
    [['event-missing', true]],
    'all is in order but what this test has pushed past the log',
  );
});

configure('--identify where a person merges: the keys are pinned once main has the id, not before', async () => {
  const team = await Team.create();
  try {
    const home = temporaryFolder();
    team.keys = join(home, '.pawl/keys');
    writeFileSync(join(home, 'pawl.yaml'), SMALL);
    const run = async <T>(args: readonly string[], env = team.asPromoter): Promise<T> => {
      const ran = await pawl(home, [...args, '--json'], { env });
      assert.is(ran.code, 0, `pawl ${args.join(' ')}: ${ran.stderr}${ran.stdout}`);
      return JSON.parse(ran.stdout) as T;
    };
    await run(['registry', 'init', '--action', team.action], team.asAdmin);
    const repo = team.double.world.repo(team.repository);
    assert.ok(repo);
    const before = await asOfOld(repo.git, team.keys);
    team.onRequest = async () => 'success';

    const asked = await run<{ changed: boolean; url: string }>(IDENTIFY);
    assert.is(asked.changed, false);
    assert.is((await rulesAt(repo.git)).registry, undefined);
    assert.equal(pinsIn(team.keys), [null, null], 'nobody has agreed to it yet');

    const number = Number(asked.url.split('/').at(-1));
    const head = (await repo.git.resolve(`refs/pull/${number}/head`)) as string;
    const merged = await repo.git.writeCommit({
      tree: (await repo.git.text(['rev-parse', `${head}^{tree}`])).trim(),
      parents: [before, head],
      message: 'merged by a person\n',
      by: { name: 'admin', email: 'admin@example.com' },
      time: new Date(),
    });
    await repo.git.updateRefs([{ ref: 'refs/heads/main', to: merged, from: before }]);
    const { registry } = await rulesAt(repo.git);
    assert.is(registry?.after, before);

    await run(IDENTIFY);
    assert.equal((await rulesAt(repo.git)).registry, registry, 'it is not given another one');
    for (const pin of pinsIn(team.keys) as Policy['registry'][])
      assert.equal([pin?.id, pin?.after], [registry?.id, before]);
  } finally {
    await team.double.close();
  }
});

configure.run();
