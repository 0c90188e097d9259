import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ended, json, pawl, printed, start, stopAll } from '../../support/cli.ts';
import { temporaryFolder } from '../../support/paths.ts';
import { sampleSettings } from '../../support/sample-settings.ts';

const SETTINGS = sampleSettings(1500).replace('0.8', '0.85');

const watch = suite('pawl gate watch');
watch.after(stopAll);

type Promoted = { status: string; pullRequest: number };
type Diagnosis = { name: string; state: string; what: string; fix: string | null };

/** A folder that may propose and has no gate key, and one with that key; both use the same registry and store. */
async function twoMachines() {
  const [proposer, gate] = [temporaryFolder(), temporaryFolder()];
  writeFileSync(join(proposer, 'pawl.yaml'), SETTINGS);
  assert.is((await pawl(proposer, ['registry', 'init'])).code, 0);
  const keys = join(proposer, '.pawl/keys');
  mkdirSync(join(gate, '.pawl'), { recursive: true });
  cpSync(keys, join(gate, '.pawl/keys'), { recursive: true });
  rmSync(join(keys, 'gate.pem'));
  const shared = `registry:
  gate: watch
  path: ${join(proposer, '.pawl/registry.git')}
artifacts:
  path: ${join(proposer, '.pawl/artifacts')}
`;
  writeFileSync(join(proposer, 'pawl.yaml'), SETTINGS + shared);
  writeFileSync(join(gate, 'pawl.yaml'), SETTINGS + shared);
  return { proposer, gate };
}

watch('judges and merges what people without the gate’s key propose, once', async () => {
  const { proposer, gate } = await twoMachines();
  await json(proposer, ['train']);
  const proposed = await json<Promoted>(proposer, ['promote', '--no-wait']);
  assert.is(proposed.status, 'open');
  const first = await pawl(gate, ['gate', 'watch', '--once']);
  assert.is(first.code, 0, first.stderr);
  assert.match(first.stdout + first.stderr, new RegExp(`pull request ${proposed.pullRequest}: merged as [0-9a-f]{40}`));
  await json(proposer, ['reconcile']);
  assert.is((await json<{ baselines: { version: number }[] }>(proposer, ['baseline'])).baselines[0]?.version, 1);
  const audit = await pawl(proposer, ['audit']);
  assert.is(audit.code, 0, audit.stdout + audit.stderr);
  const again = await pawl(gate, ['gate', 'watch', '--once']);
  assert.equal([again.code, /pull request/.test(again.stdout + again.stderr)], [0, false]);
});

watch('ends without an error when it is told to stop', async () => {
  const { gate } = await twoMachines();
  const child = start(gate, ['gate', 'watch']);
  await printed(child, /watches/);
  child.kill('SIGTERM');
  assert.is(await ended(child), 0);
});

watch('needs the gate’s key', async () => {
  const { proposer } = await twoMachines();
  const { code, stderr } = await pawl(proposer, ['gate', 'watch', '--once']);
  assert.equal([code, /no gate key/.test(stderr)], [3, true], stderr);
});

watch('for doctor, both machines are in order', async () => {
  for (const home of Object.values(await twoMachines())) {
    const all = await json<Diagnosis[]>(home, ['doctor']);
    assert.equal(
      all.filter((d) => d.state !== 'ok'),
      [],
      home,
    );
  }
});

watch.run();
