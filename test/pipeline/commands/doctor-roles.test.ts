import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Team } from '../../doubles/github/gate-workflow.ts';
import { json, pawl, stopAll } from '../../support/cli.ts';
import { temporaryFolder } from '../../support/paths.ts';
import { sampleSettings } from '../../support/sample-settings.ts';

type Diagnosis = { name: string; state: string; what: string; fix: string | null };

const SETTINGS = sampleSettings(60).replace('0.8', '0.85');
const roles = suite('pawl doctor, by role');
let team: Team;
roles.before(async () => {
  team = await Team.create();
});
roles.after(async () => {
  stopAll();
  await team.double.close();
});

const found = async (home: string, env: Record<string, string>, code = 0): Promise<Diagnosis[]> => {
  const ran = await pawl(home, ['doctor', '--json', '--set', `registry.action=${team.action}`], { env });
  assert.is(ran.code, code, ran.stderr + ran.stdout);
  return JSON.parse(ran.stdout) as Diagnosis[];
};
const wrong = (all: readonly Diagnosis[]) => all.filter((d) => d.state !== 'ok');

roles('the promoter of the guide is in order: its App need not see what only administrators see', async () => {
  const home = temporaryFolder();
  writeFileSync(join(home, 'pawl.yaml'), SETTINGS);
  const init = await pawl(home, ['registry', 'init', '--action', team.action], { env: team.asAdmin });
  assert.is(init.code, 0, init.stderr + init.stdout);
  const before = await found(home, team.asAdmin);
  assert.equal(
    wrong(before).map((d) => d.name),
    ['role'],
    'the gate’s key still lies here',
  );
  renameSync(join(home, '.pawl/keys/gate.pem'), join(temporaryFolder(), 'gate.pem'));
  assert.equal(wrong(await found(home, team.asAdmin)), []);
  const asPromoter = await found(home, team.asPromoter);
  assert.equal(wrong(asPromoter), []);
  const protection = asPromoter.find((d) => d.name === 'main protected');
  assert.match(protection?.what ?? '', /not shown to this token: .*pinned actions/);
  const away = await found(home, { ...team.asPromoter, PAWL_REGISTRY_REPOSITORY: 'org/other' }, 1);
  assert.match(away.find((d) => d.name === 'registry')?.fix ?? '', /registry\.repository/);
});

roles('a machine that would judge and has no gate key is told what lets it propose; that works', async () => {
  const home = temporaryFolder();
  writeFileSync(join(home, 'pawl.yaml'), SETTINGS);
  await json(home, ['registry', 'init']);
  renameSync(join(home, '.pawl/keys/gate.pem'), join(temporaryFolder(), 'gate.pem'));
  const role = (await json<Diagnosis[]>(home, ['doctor'], 1)).find((d) => d.name === 'role');
  assert.equal([role?.state, /set registry\.gate to watch/.test(role?.fix ?? '')], ['problem', true]);
  assert.equal(wrong(await json<Diagnosis[]>(home, ['doctor', '--set', 'registry.gate=watch'])), []);
});

roles.run();
