import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PRETENDED } from '../../../registry-repo/runtime/processor.ts';
import { pawl as processOfItsOwn } from '../../support/cli.ts';
import { json, pawl } from '../../support/cli-here.ts';
import { temporaryFolder } from '../../support/paths.ts';

type Diagnosis = { name: string; state: 'ok' | 'warning' | 'problem'; what: string; fix: string | null };

/** A workspace with keys and a registry, or without. */
async function workspace({ registry = true, minimum = 0.85 } = {}) {
  const home = temporaryFolder();
  writeFileSync(
    join(home, 'pawl.yaml'),
    `data:\n  kind: sample\n  train: 60\n  test: 40\npolicy:\n  minimum: ${minimum}\n`,
  );
  if (registry) assert.is((await pawl(home, ['registry', 'init'])).code, 0);
  const git = (...args: string[]) =>
    execFileSync('git', ['--git-dir', join(home, '.pawl/registry.git'), ...args], { encoding: 'utf8' });
  return { home, git, hook: join(home, '.pawl/registry.git/hooks/update') };
}

/** What it says of one thing; every finding must say how to mend it, and nothing else may be one. */
async function finding(home: string, name: string, code: number): Promise<Diagnosis> {
  const all = await json<Diagnosis[]>(home, ['doctor'], code);
  for (const { state, fix, what } of all) {
    assert.is(state === 'ok', fix === null, what);
    assert.ok(what.length > 0);
  }
  return all.find((d) => d.name === name) as Diagnosis;
}

/** Runs the commands in backticks. */
function run(fix: string): void {
  for (const [, line] of fix.matchAll(/`([^`]+)`/g)) execFileSync('sh', ['-c', line as string]);
}

const doctor = suite('pawl doctor');

doctor('a new folder has warnings, which say what to run, and exit code 0; nothing is made', async () => {
  const { home } = await workspace({ registry: false });
  const ran = await pawl(home, ['doctor']);
  assert.is(ran.code, 0);
  assert.match(ran.stdout, /! keys .*\n.*→ run `pawl registry init`/);
  assert.match(ran.stdout, /! registry .*\n.*→ run `pawl registry init`/);
  assert.equal(readdirSync(home), ['pawl.yaml']);
});

doctor('what `registry init` makes is in order', async () => {
  const { home } = await workspace();
  const all = await json<Diagnosis[]>(home, ['doctor']);
  assert.equal(
    all.filter((d) => d.state !== 'ok'),
    [],
  );
  assert.ok(all.length >= 10);
});

doctor('the processor is named, and what it does with products of bytes', async () => {
  const { home } = await workspace();
  for (const [pretended, what] of [
    ['vnni', /with AVX2, VNNI \(pretended.*\): products of bytes are added in 32 bits/],
    ['avx2', /with AVX2, without VNNI.*: products of bytes are added in 16 bits.*the same answers, slower/],
    ['unknown', /abilities unknown.*: signed weights are rewritten/],
  ] as const) {
    const ran = await pawl(home, ['doctor', '--json'], { env: { [PRETENDED]: pretended } });
    assert.is(ran.code, 0);
    const found = (JSON.parse(ran.stdout) as Diagnosis[]).find((d) => d.name === 'processor');
    assert.match(found?.what ?? '', what);
  }
});

doctor('a signing key that others can read is a problem; the fix mends it', async () => {
  const { home } = await workspace();
  const key = join(home, '.pawl/keys/gate.pem');
  chmodSync(key, 0o644);
  const { state, fix } = await finding(home, 'keys', 1);
  assert.is(state, 'problem');
  run(fix as string);
  assert.is(statSync(key).mode & 0o077, 0);
  assert.is((await finding(home, 'keys', 0)).state, 'ok');
});

doctor('a registry whose main can be pushed to is a problem', async () => {
  const { home, hook } = await workspace();
  chmodSync(hook, 0o644);
  assert.match((await finding(home, 'main protected', 1)).fix as string, `chmod +x ${hook}`);
  chmodSync(hook, 0o755);
  writeFileSync(hook, '#!/bin/sh\nexit 0\n');
  assert.match((await finding(home, 'main protected', 1)).what, 'does not keep', 'a hook that lets everything pass');
  await mended(home);
  const again = await workspace();
  again.git('config', 'receive.denyDeletes', 'false');
  again.git('config', '--unset', 'transfer.fsckObjects');
  const { fix } = await finding(again.home, 'main protected', 1);
  run(fix as string);
  assert.is((await finding(again.home, 'main protected', 0)).state, 'ok', 'the fix mends it');
});

/** Does what the finding about the hook says, command by command. */
async function mended(home: string): Promise<void> {
  const { fix } = await finding(home, 'main protected', 1);
  const [, remove, command] = /^(?:`(rm [^`]+)`, then )?run `pawl ([^`]+)`/.exec(fix as string) ?? [];
  if (remove) execFileSync('sh', ['-c', remove]);
  assert.is((await pawl(home, (command as string).split(' '))).code, 0, fix as string);
  assert.is((await finding(home, 'main protected', 0)).state, 'ok', 'the fix mends it');
}

doctor('a registry made before only branches were taken says so; the fix mends it', async () => {
  const { home, hook } = await workspace();
  rmSync(hook);
  await mended(home);
  const before = `#!/bin/sh
# Main moves only through the gate.
if [ "$1" = refs/heads/main ]; then
  echo "main is production" >&2
  exit 1
fi
exit 0
`;
  writeFileSync(hook, before, { mode: 0o755 });
  assert.match((await finding(home, 'main protected', 1)).what, 'refs/replace/*');
  await mended(home);
  const own = before.replace('exit 0', 'case "$1" in refs/replace/*) exit 1 ;; esac');
  writeFileSync(hook, own, { mode: 0o755 });
  assert.is(
    (await finding(home, 'main protected', 0)).state,
    'ok',
    'a hook of somebody’s own, which does what is asked',
  );
});

doctor('a low minimum is a warning, and another machine’s gate key is a problem', async () => {
  const low = await workspace({ minimum: 0.6 });
  const { state, what, fix } = await finding(low.home, 'policy', 0);
  assert.is(state, 'warning');
  assert.match(what, '0.85');
  assert.match(fix as string, 'pawl registry configure');
  const { home } = await workspace();
  for (const name of ['gate.pem', 'gate.pub.json']) rmSync(join(home, '.pawl/keys', name));
  await pawl(home, ['registry', 'init']); // makes a new gate key beside the old registry
  assert.is((await finding(home, 'policy', 1)).state, 'problem');
});

doctor('a log that machines share, and artifacts on this one alone, are a warning', async () => {
  const { home } = await workspace();
  assert.is((await finding(home, 'artifacts', 0)).state, 'ok');
  const shared = await workspace({ registry: false });
  writeFileSync(join(shared.home, 'pawl.yaml'), 'data:\n  kind: sample\nevents:\n  store: git\n');
  assert.is((await pawl(shared.home, ['registry', 'init'])).code, 0);
  const { state, fix } = await finding(shared.home, 'artifacts', 0);
  assert.equal([state, /artifacts\.store/.test(fix ?? '')], ['warning', true]);
});

doctor('what cannot be read at all is a problem with a way out', async () => {
  const { home } = await workspace();
  writeFileSync(join(home, '.pawl/events.db'), 'this is no database, whatever its name says'.repeat(100));
  for (const part of ['-wal', '-shm']) rmSync(join(home, `.pawl/events.db${part}`), { force: true });
  const store = await finding(home, 'event store', 1);
  assert.equal([store.state, /pawl events backup/.test(store.fix ?? '')], ['problem', true]);
  const keys = await workspace();
  writeFileSync(join(keys.home, '.pawl/keys/gate.pem'), 'no key');
  assert.match((await finding(keys.home, 'keys', 1)).fix as string, 'backup');
  const none = await workspace({ registry: false });
  mkdirSync(join(none.home, '.pawl/registry.git'), { recursive: true });
  const registry = await finding(none.home, 'registry', 1);
  assert.equal([registry.state, /registry\.path/.test(registry.fix ?? '')], ['problem', true]);
});

doctor('a git that is missing or old is named, with the version to install', async () => {
  const { home } = await workspace({ registry: false });
  const bin = temporaryFolder();
  const looked = async () => {
    // A process asks git for its version once.
    const ran = await processOfItsOwn(home, ['doctor', '--json'], { env: { PATH: bin } });
    assert.is(ran.code, 1);
    return (JSON.parse(ran.stdout) as Diagnosis[]).find((d) => d.name === 'git');
  };
  const missing = await looked();
  assert.match(missing?.what ?? '', 'not installed');
  assert.match(missing?.fix ?? '', '2.38');
  writeFileSync(join(bin, 'git'), '#!/bin/sh\necho git version 2.20.1\n', { mode: 0o755 });
  const old = await looked();
  assert.match(old?.what ?? '', 'too old');
  assert.match(old?.fix ?? '', '2.38');
});

doctor.run();
