import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { json, pawl } from '../../support/cli-here.ts';
import { temporaryFolder } from '../../support/paths.ts';
import { sampleSettings } from '../../support/sample-settings.ts';

// A log on a git branch that was deleted or forced back, seen from a machine that has no copy of it.

const made = temporaryFolder();
const onBranch = (home: string, rows: number) =>
  writeFileSync(join(home, 'pawl.yaml'), `${sampleSettings(rows)}events:\n  store: git\n`);

type Baselines = { baselines: { version: number; commit: string }[] };
type Audit = { findings: { code: string; severity: string }[] };

const lost = suite('a log branch that lost its past');

lost.before(async () => {
  onBranch(made, 1500);
  assert.is((await pawl(made, ['registry', 'init'])).code, 0);
  await json(made, ['train']);
  await json(made, ['promote']);
});

const git = (home: string, ...args: string[]) =>
  execFileSync('git', ['--git-dir', join(home, '.pawl/registry.git'), ...args], { encoding: 'utf8' }).trim();

/** The same registry on a machine that has no copy of the log. */
function freshMachine(): string {
  const home = temporaryFolder();
  cpSync(made, home, { recursive: true });
  for (const name of readdirSync(join(home, '.pawl')).filter((file) => /^(?:events|views)\.db/.test(file)))
    rmSync(join(home, '.pawl', name), { recursive: true });
  return home;
}

const ASKED = ['baseline', 'runs list', 'train', 'promote'];

async function checkRefused(home: string, says: RegExp): Promise<void> {
  for (const line of ASKED) {
    const { code, stderr, stdout } = await pawl(home, line.split(' '));
    assert.is(code, 3, `${line}: ${stdout}${stderr}`);
    assert.match(stderr, says, line);
    assert.match(stderr, '[log_behind_registry]', line);
  }
}

lost('a deleted branch is no empty log, and no command but the one that is told to makes it again', async () => {
  const home = freshMachine();
  git(home, 'update-ref', '-d', 'refs/heads/pawl/log');
  await checkRefused(home, /is empty: .* on main proves/);
  const init = await pawl(home, ['registry', 'init']);
  assert.is(init.code, 3, init.stdout);
  assert.match(init.stderr, '[log_behind_registry]');
  assert.is(git(home, 'for-each-ref', 'refs/heads/pawl/log'), '');

  // As the message says: a machine that has the branch pushes it again.
  const kept = join(made, '.pawl/events.db.git');
  execFileSync('git', [
    ...['--git-dir', kept, 'push', '--quiet', join(home, '.pawl/registry.git')],
    'refs/pawl/log:refs/heads/pawl/log',
  ]);
  assert.is((await json<Baselines>(home, ['baseline'])).baselines[0]?.version, 1);
});

lost('a branch that was forced back is an older copy, and goes on with what main proves', async () => {
  const home = freshMachine();
  const older = git(home, 'rev-list', '--first-parent', '--reverse', 'pawl/log').split('\n')[1] as string;
  git(home, 'update-ref', 'refs/heads/pawl/log', older);
  await checkRefused(home, /is an older copy/);
  assert.is(git(home, 'rev-parse', 'pawl/log'), older, 'nothing was appended');
  await json(home, ['reconcile']);
  assert.is((await json<Baselines>(home, ['baseline'])).baselines[0]?.version, 1);
  const { findings } = await json<Audit>(home, ['audit']);
  assert.equal(
    findings.map((f) => [f.severity, f.code]),
    [['warning', 'log-restored']],
  );
});

lost('lost for good, it begins again with what main proves', async () => {
  const home = freshMachine();
  git(home, 'update-ref', '-d', 'refs/heads/pawl/log');
  assert.is((await pawl(home, ['reconcile'])).code, 3);
  await json(home, ['reconcile', '--lost-log']);
  assert.is((await json<Baselines>(home, ['baseline'])).baselines[0]?.version, 1);
});

lost('before anything was promoted only the command that sets up makes the branch', async () => {
  const home = temporaryFolder();
  onBranch(home, 200);
  const early = await pawl(home, ['train']);
  assert.is(early.code, 3);
  assert.match(early.stderr, /only `pawl registry init` makes it.*log_behind_registry/);
  assert.is((await pawl(home, ['registry', 'init'])).code, 0);
  git(home, 'update-ref', '-d', 'refs/heads/pawl/log');
  for (const name of readdirSync(join(home, '.pawl')).filter((file) => /^(?:events|views)\.db/.test(file)))
    rmSync(join(home, '.pawl', name), { recursive: true });
  await checkRefused(home, /only `pawl registry init` makes it/);
  assert.is((await pawl(home, ['registry', 'init'])).code, 0);
  await json(home, ['train']);
});

lost.run();
