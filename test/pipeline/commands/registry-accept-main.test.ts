import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { settledOf } from '../../../pipeline/settled-servers.ts';
import { printFile } from '../../../registry-repo/file.ts';
import { nothingSettled } from '../../../registry-repo/settled/settled.ts';
import { json, pawl } from '../../support/cli-here.ts';
import { candidateOf, MODEL, TestRegistry } from '../../support/registry.ts';

/** Settings beside a registry, and a server `edge` that has settled on main before main went back to `old`. */
async function movedBack() {
  const test = await TestRegistry.create();
  const { ref: first } = await test.promote(candidateOf(8), 1);
  const old = await test.main();
  await test.promote(candidateOf(9), 2);
  const tip = await test.main();
  const home = test.folder;
  mkdirSync(join(home, '.pawl/keys'), { recursive: true });
  writeFileSync(join(home, '.pawl/keys/gate.pub.json'), printFile(test.policy.keys[0]));
  writeFileSync(
    join(home, 'pawl.yaml'),
    `registry:\n  path: ${test.git.gitDir}\nserver:\n  instance: edge\nmodel: ${MODEL}\n`,
  );
  const kept = settledOf(home, 'edge', MODEL);
  await kept.write({ ...nothingSettled(MODEL), tip, versions: [first], revoked: [first.manifest] });
  await test.git.updateRefs([{ ref: 'refs/heads/main', to: old, from: tip }]);
  return { test, home, kept, old, tip, first };
}

const accept = suite('pawl registry accept-main');

accept('status and doctor show that main moved back; a reason has the server take it, and is recorded', async () => {
  const { home, kept, old, tip, first } = await movedBack();
  type Status = { servers: { settled: string | null; problem: string | null }[] };
  const status = await json<Status>(home, ['registry', 'status'], 1);
  assert.equal(
    status.servers.map((s) => [s.settled, s.problem]),
    [[tip, 'main_moved_back']],
  );
  type Diagnoses = { name: string; state: string; what: string; fix: string | null }[];
  const servers = async () => (await json<Diagnoses>(home, ['doctor'], 1)).find((d) => d.name === 'servers');
  const told = await servers();
  assert.is(told?.state, 'problem');
  assert.match(told?.what ?? '', 'main_moved_back');
  assert.match(told?.fix ?? '', `pawl registry accept-main --reason "…" --instance edge --model ${MODEL}`);

  const silent = await pawl(home, ['registry', 'accept-main']);
  assert.is(silent.code, 2, silent.stderr);
  assert.is((await kept.read())?.tip, tip, 'without a reason nothing changes');
  await json(home, ['registry', 'accept-main', '--reason', 'restored from a backup']);
  assert.equal(await kept.read(), { ...nothingSettled(MODEL), tip: old, revoked: [first.manifest] });
  type Events = { type: string; stream: string; data: Record<string, unknown> }[];
  const [event] = await json<Events>(home, ['events', 'list', '--type', 'MainAccepted']);
  assert.equal(
    [event?.stream, event?.data],
    ['server-edge', { model: MODEL, commit: old, before: tip, lifted: [], reason: 'restored from a backup' }],
  );
  assert.is((await json<Status>(home, ['registry', 'status'])).servers[0]?.problem, null);
  assert.is((await servers())?.state, 'ok');
  const again = await json(home, ['registry', 'accept-main', '--reason', 'once more']);
  assert.is(again.changed, false, 'there is nothing more to accept');
});

accept('a revocation is lifted by name alone, and not while main has it', async () => {
  const { test, home, kept, old, first } = await movedBack();
  const lift = (...manifests: string[]) =>
    pawl(home, [
      ...['registry', 'accept-main', '--reason', 'a mistake'],
      ...manifests.flatMap((manifest) => ['--lift', manifest]),
    ]);
  assert.is((await lift(`sha256:${'0'.repeat(64)}`)).code, 2);
  await test.changePolicy((policy) => {
    policy.revoked = [first.manifest];
  });
  const refused = await lift(first.manifest);
  assert.is(refused.code, 2);
  assert.match(refused.stderr, 'first take it out there');
  assert.equal((await kept.read())?.revoked, [first.manifest]);
  await test.git.updateRefs([{ ref: 'refs/heads/main', to: old, from: await test.main() }]);
  const never = `sha256:${'0'.repeat(64)}`;
  assert.match((await lift(never, first.manifest)).stderr, never, 'each of several counts');
  assert.is((await lift(first.manifest)).code, 0);
  assert.equal((await kept.read())?.revoked, []);
});

accept('what cannot be read is shown, and is not taken for nothing', async () => {
  const { home, kept, old } = await movedBack();
  writeFileSync(join(home, `.pawl/servers/edge/${MODEL}.json`), '{}');
  const status = await pawl(home, ['registry', 'status']);
  assert.is(status.code, 1);
  assert.match(status.stdout, 'settled_unreadable');
  const elsewhere = await pawl(home, ['registry', 'accept-main', '--instance', 'other', '--reason', 'x']);
  assert.is(elsewhere.code, 2);
  assert.match(elsewhere.stderr, 'has settled on anything here');
  await json(home, ['registry', 'accept-main', '--reason', 'the disk was full']);
  assert.is((await kept.read())?.tip, old);
});

accept.run();
