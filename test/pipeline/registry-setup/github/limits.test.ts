import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Team } from '../../../doubles/github/gate-workflow.ts';
import type { Options } from '../../../doubles/github/options.ts';
import { pawl, stopAll } from '../../../support/cli.ts';
import { temporaryFolder } from '../../../support/paths.ts';
import { sampleSettings } from '../../../support/sample-settings.ts';

// What github.com does not give to every plan and visibility.

type Part = { name: string; state: string; what: string; calls: unknown[] };

const limits = suite('registry init where GitHub says no');
const teams: Team[] = [];
limits.after(async () => {
  stopAll();
  for (const team of teams) await team.double.close();
});

async function begun(options: Omit<Options, 'onDispatch'>) {
  const team = await Team.create(options);
  teams.push(team);
  const home = temporaryFolder();
  writeFileSync(join(home, 'pawl.yaml'), sampleSettings(60));
  const init = (...more: string[]) =>
    pawl(home, ['registry', 'init', '--action', team.action, ...more], { env: team.asAdmin });
  const refs = async () => {
    const repo = team.double.world.repo(team.repository);
    return repo ? repo.git.text(['for-each-ref', '--format=%(refname)', 'refs/heads']) : null;
  };
  return { team, init, refs };
}

const LACKING = '--accept-without "gate environment,gate on main only,rules of main"';

limits('on a free plan, nothing is pushed to a private repository before that is accepted by name', async () => {
  const { init, refs } = await begun({ plan: 'free' });
  const refused = await init();
  assert.is(refused.code, 3, refused.stdout);
  assert.match(refused.stderr, 'Upgrade to GitHub Pro or make this repository public');
  assert.match(refused.stderr, 'could read the gate’s secrets');
  assert.ok(refused.stderr.includes(LACKING), refused.stderr);
  assert.is(await refs(), '', 'nothing was pushed');
  const shown = await init('--dry-run');
  assert.equal([shown.code, /! rules of main: not to be had here/.test(shown.stdout)], [0, true], shown.stdout);
  const some = await init('--accept-without', 'rules of main');
  assert.equal([some.code, await refs()], [3, '']);
  const done = await init('--accept-without', 'gate environment,gate on main only,rules of main', '--json');
  assert.is(done.code, 0, done.stderr + done.stdout);
  const { parts } = JSON.parse(done.stdout) as { parts: Part[] };
  assert.equal(
    parts.filter((p) => p.state !== 'ok').map((p) => [p.name, p.state]),
    ['gate environment', 'gate on main only', 'rules of main'].map((name) => [name, 'unsupported']),
  );
  assert.match(parts.find((p) => p.name === 'forks')?.what ?? '', 'private repository');
  assert.is(await refs(), 'refs/heads/main');
});

limits('what an organisation decides is named, and everything else is set all the same', async () => {
  const { init, refs } = await begun({ orgActions: true });
  const done = await init('--json');
  assert.is(done.code, 1, done.stderr + done.stdout);
  const { parts } = JSON.parse(done.stdout) as { parts: Part[] };
  const wrong = parts.filter((p) => p.state !== 'ok');
  assert.ok(wrong.length > 0 && wrong.every((p) => /: refused \(Conflict\)$/.test(p.what)), JSON.stringify(wrong));
  assert.is(parts.find((p) => p.name === 'rules of main')?.state, 'ok');
  assert.is(await refs(), 'refs/heads/main');
});

limits('an empty repository whose default branch is another becomes a registry', async () => {
  const { team, init } = await begun({ defaultBranch: 'master' });
  const empty = await team.double.createRepo('org/registry');
  const done = await init();
  assert.is(done.code, 0, done.stderr + done.stdout);
  assert.is(empty.defaultBranch, 'main');
});

limits.run();
