import { execFileSync } from 'node:child_process';
import { chmodSync, lstatSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { pawl } from '../support/cli.ts';
import { temporaryFolder } from '../support/paths.ts';
import { sampleSettings } from '../support/sample-settings.ts';

const modes = process.platform !== 'win32';

/** What others than its owner may do something with. */
const open = (folder: string): string[] =>
  [folder, ...readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name))].filter(
    (path) => modes && !lstatSync(path).isSymbolicLink() && (lstatSync(path).mode & 0o077) !== 0,
  );

const staged = (folder: string): string => {
  execFileSync('git', ['init', '-q'], { cwd: folder });
  execFileSync('git', ['add', '-A'], { cwd: folder });
  return execFileSync('git', ['ls-files'], { cwd: folder, encoding: 'utf8' });
};

// Each command is a process of its own: Pawl takes a process's umask for its own use once, and keeps it.

/** A command under the loosest umask. */
const loosely = (folder: string, ...args: string[]) => under(0, folder, args);

async function under(umask: number, folder: string, args: readonly string[]) {
  const before = process.umask(umask);
  try {
    return await pawl(folder, args);
  } finally {
    process.umask(before);
  }
}

async function made(): Promise<string> {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'pawl.yaml'), sampleSettings(600));
  const { code, stderr } = await loosely(folder, 'registry', 'init');
  assert.is(code, 0, stderr);
  assert.ok(readFileSync(join(folder, '.pawl/keys/gate.pem'), 'utf8').includes('PRIVATE'));
  return folder;
}

const attacks = suite('attacks on what lies in the state folder');

attacks(
  'attack 87: whatever the umask, the state folder is its owner’s alone, and git takes nothing of it',
  async () => {
    const folder = await made();
    assert.equal(open(join(folder, '.pawl')), []);
    assert.is(staged(folder), 'pawl.yaml\n');
    const { code, stderr } = await loosely(folder, 'train');
    assert.is(code, 0, stderr);
    assert.equal(open(join(folder, '.pawl')), []);
  },
);

attacks('attack 87: a folder that an older Pawl made is mended by the next command, through no link', async () => {
  const folder = await made();
  const state = join(folder, '.pawl');
  const outside = join(temporaryFolder(), 'outside');
  writeFileSync(outside, '');
  chmodSync(outside, 0o644);
  symlinkSync(outside, join(state, 'link'));
  rmSync(join(state, '.gitignore'));
  for (const path of [state, join(state, 'keys'), join(state, 'events.db')]) chmodSync(path, 0o777);
  await pawl(folder, ['runs', 'list']);
  assert.equal(open(state), []);
  assert.is(staged(folder), 'pawl.yaml\n');
  assert.is(lstatSync(outside).mode & 0o777, modes ? 0o644 : lstatSync(outside).mode & 0o777);
});

attacks(
  'what the user names has the mode that their own umask gives it, though the state folder was used',
  async () => {
    const folder = await made();
    const modeOf = (name: string): number => lstatSync(join(folder, name)).mode & 0o777;
    await loosely(folder, 'train');
    writeFileSync(join(folder, 'sweep.yaml'), 'trainer: nbsvm\nparameters:\n  cost: [10, 20]\nvalidationShare: 0.2\n');
    const swept = await loosely(folder, 'sweep', 'sweep.yaml', '--json');
    const { sweep } = JSON.parse(swept.stdout) as { sweep: string };
    const shared = [
      'events.store=git',
      'events.repository=http://127.0.0.1:9/registry',
      'artifacts.store=s3',
      'artifacts.s3.bucket=models',
    ];
    for (const [name, ...args] of [
      ['backup.db', 'events', 'backup', 'backup.db'],
      ['log.jsonl', 'events', 'export', '--output', 'log.jsonl'],
      ['sweep.svg', 'runs', 'compare', '--sweep', sweep, '--plot', 'sweep.svg'],
      [
        ...['deep/job.yaml', ...shared.flatMap((setting) => ['--set', setting]), 'sweep', 'sweep.yaml'],
        ...['--executor', 'kubernetes', '--image', 'registry.example/pawl:1', '--out', 'deep/job.yaml'],
      ],
    ] as [string, ...string[]][]) {
      for (const umask of [0o022, 0o077]) {
        rmSync(join(folder, name.split('/')[0] as string), { recursive: true, force: true });
        const { code, stderr } = await under(umask, folder, args);
        assert.is(code, 0, `${args.join(' ')}: ${stderr}`);
        if (modes) assert.is(modeOf(name), 0o666 & ~umask, name);
        if (modes && name.includes('/')) assert.is(modeOf(name.split('/')[0] as string), 0o777 & ~umask, name);
      }
    }
    assert.equal(open(join(folder, '.pawl')), []);
  },
);

attacks.run();
