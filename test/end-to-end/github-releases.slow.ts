import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Team } from '../doubles/github/gate-workflow.ts';
import { pawl, stopAll } from '../support/cli.ts';
import { temporaryFolder } from '../support/paths.ts';

const SETTINGS = `data: { kind: sample, train: 1500, test: 400 }
training: { trainer: nbsvm, workers: 2 }
artifacts: { store: github-releases }
policy: { minimum: 0.8, treeMegabytes: 0 }
`;

const releases = suite('models in releases');
releases.after(() => stopAll());

releases('the gate finds them by the settings on the registry’s main, and a server anywhere by its own', async () => {
  const team = await Team.create();
  try {
    const folder = temporaryFolder();
    team.keys = join(folder, '.pawl/keys');
    writeFileSync(join(folder, 'pawl.yaml'), SETTINGS);
    const run = async (args: readonly string[], env: Record<string, string>, expected = 0) => {
      const ran = await pawl(folder, [...args, '--json'], { env });
      assert.is(ran.code, expected, `pawl ${args.join(' ')}: ${ran.stderr}${ran.stdout}`);
      return JSON.parse(ran.stdout);
    };
    await run(['registry', 'init', '--action', team.action], team.asAdmin);
    const { repo } = { repo: team.double.world.repo(team.repository) };
    assert.ok(repo);
    const written = await repo.git.text(['show', 'refs/heads/main:pawl.yaml']);
    assert.match(written, 'store: github-releases');
    await run(['train'], team.asPromoter);
    const promoted = await run(['promote'], team.asPromoter);
    assert.is(promoted.status, 'merged', JSON.stringify(team.played.map((p) => p.publish.stdout + p.evaluate.stderr)));
    const tree = await repo.git.text(['ls-tree', '-r', '--name-only', 'refs/heads/main']);
    assert.not.match(tree, 'model.onnx');
    assert.ok(
      repo.releases.length > 0 && repo.releases.every((r) => r.prerelease && r.tag.startsWith('pawl-artifacts-')),
    );

    const elsewhere = temporaryFolder();
    writeFileSync(join(elsewhere, 'pawl.yaml'), SETTINGS);
    mkdirSync(join(elsewhere, '.pawl/keys'), { recursive: true });
    for (const name of readdirSync(team.keys))
      if (name.endsWith('.json') || name.endsWith('.pub'))
        cpSync(join(team.keys, name), join(elsewhere, '.pawl/keys', name));
    const predicted = await pawl(elsewhere, ['predict', 'a wonderful film', '--json'], { env: team.asPromoter });
    assert.is(predicted.code, 0, predicted.stderr + predicted.stdout);

    const drift = async (expected: number) =>
      (await run(['doctor', '--set', `registry.action=${team.action}`], team.asAdmin, expected)).find(
        (d: { name: string }) => d.name === 'main protected',
      );
    assert.is((await drift(0)).state, 'ok');
    const branches = () => repo.git.text(['for-each-ref', '--format=%(refname)', 'refs/heads']);
    const before = await branches();
    const merges = () => team.double.calls.filter((c) => c.operation === 'pulls/merge').length;
    const merged = merges();
    await run(['doctor', '--probe', '--set', `registry.action=${team.action}`], team.asAdmin);
    assert.is(await branches(), before, 'what was tried is gone');
    assert.ok(merges() > merged, 'nothing was tried');
    writeFileSync(
      join(folder, 'pawl.yaml'),
      SETTINGS.replace('github-releases', 'github-releases, repository: org/models'),
    );
    const found = await drift(1);
    assert.match(found.what, 'pawl.yaml on main is not as the settings here say');
    assert.match(found.fix, 'repository: org/models');
    assert.equal(team.double.violations, []);
  } finally {
    await team.double.close();
  }
});

releases.run();
