import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { json, pawl } from '../../support/cli-here.ts';
import { gitByHand as git } from '../../support/git.ts';
import { temporaryFolder } from '../../support/paths.ts';

// For each state that the doctor calls a problem or a warning: the state, its fix run as printed, and a doctor that says ok.

type Diagnosis = { name: string; state: 'ok' | 'warning' | 'problem'; what: string; fix: string | null };

type State = {
  readonly check: string;
  readonly make: (home: string) => void | Promise<void>;
  /** Words in capitals of the fix. */
  readonly values?: Readonly<Record<string, string>>;
  /** Which of the printed commands are run, in this order; all of them if it is left out. */
  readonly run?: readonly RegExp[];
  /** What the fix says in words, done before its commands. */
  readonly byHand?: (home: string, fix: string) => void;
  /** Whether it begins in a folder with settings alone. */
  readonly bare?: boolean;
};

const SETTINGS = 'model: sentiment\ndata:\n  kind: sample\n  train: 60\n  test: 40\npolicy:\n  minimum: 0.85\n';
const REGISTRY = '.pawl/registry.git';
const HOOK = `${REGISTRY}/hooks/update`;
const settings = (home: string, text: string): void => writeFileSync(join(home, 'pawl.yaml'), text);
const inLog = (bytes: string): State => ({
  check: 'event store',
  make: (home) => {
    for (const end of ['', '-wal', '-shm']) rmSync(join(home, `.pawl/events.db${end}`), { force: true });
    writeFileSync(join(home, '.pawl/events.db'), bytes);
  },
  values: { BACKUP: 'backup.db' },
  run: [/^pawl events restore/, /^pawl reconcile/],
});

const hook = (text: string): State => ({
  check: 'main protected',
  make: (home) => writeFileSync(join(home, HOOK), text, { mode: 0o755 }),
});

const STATES: Readonly<Record<string, State>> = {
  'a log that is no database': inLog('no database'.repeat(1000)),
  'a registry that is not there yet': {
    check: 'registry',
    bare: true,
    make: () => {},
    run: [/^pawl registry init/],
  },
  'drafts of objects that a killed process has left': {
    check: 'objects',
    make: (home) => {
      mkdirSync(join(home, REGISTRY, 'objects/ab'), { recursive: true });
      const draft = join(home, REGISTRY, 'objects/ab/tmp_obj_x1');
      writeFileSync(draft, 'half');
      const anHourAgo = Date.now() / 1000 - 3600;
      utimesSync(draft, anHourAgo, anHourAgo);
    },
  },
  'a machine that proposes, and has no gate’s public key': {
    check: 'role',
    make: (home) => {
      settings(home, `${SETTINGS}registry:\n  gate: watch\n`);
      for (const name of ['gate.pem', 'gate.pub.json']) renameSync(join(home, '.pawl/keys', name), join(home, name));
    },
    // The printed command was run on the machine that has the file.
    run: [],
    byHand: (home) => copyFileSync(join(home, 'gate.pub.json'), join(home, '.pawl/keys/gate.pub.json')),
  },
  'a registry that is an empty folder': {
    check: 'registry',
    bare: true,
    make: (home) => void mkdirSync(join(home, REGISTRY), { recursive: true }),
    byHand: (home) => rmSync(join(home, REGISTRY), { recursive: true }),
    run: [/^pawl registry init/],
  },
  'no keys': { check: 'keys', bare: true, make: () => {} },
  'a key that others can read': { check: 'keys', make: (home) => chmodSync(join(home, '.pawl/keys/gate.pem'), 0o644) },
  'a key that is no key': {
    check: 'keys',
    make: (home) => {
      cpSync(join(home, '.pawl/keys'), join(home, 'kept'), { recursive: true });
      writeFileSync(join(home, '.pawl/keys/gate.pem'), 'no key');
    },
    byHand: (home) => cpSync(join(home, 'kept'), join(home, '.pawl/keys'), { recursive: true }),
    run: [],
  },
  'any program of a commit may run': {
    check: 'commits',
    make: (home) => settings(home, `${SETTINGS}watch:\n  allowCommands: true\n`),
    byHand: (home) => settings(home, SETTINGS),
    run: [],
  },
  'a lock that was left': {
    check: 'locks',
    make: (home) => {
      const lock = join(home, REGISTRY, 'refs/heads/main.lock');
      writeFileSync(lock, 'not ours');
      utimesSync(lock, new Date('2026-01-01'), new Date('2026-01-01'));
    },
    byHand: (_, fix) => rmSync(/remove (\S+\.lock)$/.exec(fix)?.[1] as string),
    run: [],
  },
  'no hook': { check: 'main protected', make: (home) => rmSync(join(home, HOOK)) },
  'a hook that may not be run': { check: 'main protected', make: (home) => chmodSync(join(home, HOOK), 0o644) },
  'a hook that lets everything pass': hook('#!/bin/sh\nexit 0\n'),
  'settings that were changed': {
    check: 'main protected',
    make: (home) => {
      git(home, '--git-dir', REGISTRY, 'config', 'receive.denyDeletes', 'false');
      git(home, '--git-dir', REGISTRY, 'config', '--unset', 'transfer.fsckObjects');
    },
  },
  'settings that are gone': { check: 'main protected', make: (home) => rmSync(join(home, REGISTRY, 'config')) },
  'a model without rules': {
    check: 'policy',
    make: (home) => settings(home, SETTINGS.replace('sentiment', 'topics')),
  },
  'a low minimum': {
    check: 'policy',
    make: async (home) => {
      settings(home, SETTINGS.replace('0.85', '0.6'));
      await json(home, ['registry', 'configure', '--reason', 'low']);
    },
    byHand: (home) => settings(home, SETTINGS),
  },
  'rules that nobody can read': {
    check: 'policy',
    make: (home) => {
      git(home, 'clone', '-q', REGISTRY, 'by-hand');
      writeFileSync(join(home, 'by-hand/gate.json'), 'garbage');
      git(home, '-C', 'by-hand', 'commit', '-qam', 'by hand');
      git(home, '--git-dir', REGISTRY, 'fetch', '-q', 'by-hand', 'main:main');
    },
    // As the remedy of `malformed_file` in the audit, which remedies.slow.ts runs as it is printed.
    byHand: (home) => {
      git(home, '-C', 'by-hand', 'revert', '--no-edit', 'HEAD');
      git(home, '--git-dir', REGISTRY, 'fetch', '-q', 'by-hand', 'main:main');
    },
    run: [/^pawl registry configure/],
  },
  'a gate’s key that does not count': {
    check: 'policy',
    make: async (home) => {
      cpSync(join(home, '.pawl/keys'), join(home, 'kept'), { recursive: true });
      for (const name of ['gate.pem', 'gate.pub.json']) rmSync(join(home, '.pawl/keys', name));
      await pawl(home, ['registry', 'init']);
    },
    byHand: (home) => cpSync(join(home, 'kept'), join(home, '.pawl/keys'), { recursive: true }),
    run: [],
  },
};

/** What cannot be run here, or is run elsewhere. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  node: 'another Node has to be installed',
  git: 'another git has to be installed',
  settings: 'what is wrong with settings ends the command, with a file and a line',
  'state folder': 'its owner’s next command repairs it; what is left belongs to another user',
  artifacts: 'a store that machines share is needed',
  production: 'test/pipeline/audit/remedies.slow.ts runs what leads out of each state',
  servers: 'test/pipeline/commands/registry-accept-main.test.ts runs it',
  processor: 'it is never a problem',
  'model runtime': 'packages have to be installed again',
  scoring: 'another TMPDIR, or another machine',
  'neural training': 'a backend has to be downloaded again',
};

let template = '';

async function diagnosed(home: string): Promise<Diagnosis[]> {
  return JSON.parse((await pawl(home, ['doctor', '--json'])).stdout) as Diagnosis[];
}

const about = (found: readonly Diagnosis[], check: string) => found.find(({ name }) => name === check) as Diagnosis;

async function runPrinted(home: string, printed: string, values: Readonly<Record<string, string>>): Promise<void> {
  const line = printed.replaceAll(/\b[A-Z]{3,}\b/g, (word) => values[word] ?? word);
  const [name = '', ...args] = (line.match(/"[^"]*"|\S+/g) ?? []).map((part) => part.replace(/^"(.*)"$/, '$1'));
  if (name === 'git') return void git(home, ...args);
  if (name !== 'pawl') return void execFileSync(name, args, { cwd: home });
  const ran = await pawl(home, args);
  assert.is(ran.code, 0, `${line}: ${ran.stdout}${ran.stderr}`);
}

const fixes = suite('fixes of the doctor');
fixes.before(async () => {
  template = temporaryFolder();
  settings(template, SETTINGS);
  assert.is((await pawl(template, ['registry', 'init'])).code, 0);
  assert.is((await pawl(template, ['events', 'backup', 'backup.db'])).code, 0);
});

fixes('every check has a state here, or a reason', async () => {
  const rows = new Set([...Object.values(STATES).map(({ check }) => check), ...Object.keys(ELSEWHERE)]);
  assert.equal([...rows].sort(), (await diagnosed(template)).map(({ name }) => name).sort());
});

for (const [what, { check, make, values = {}, run, byHand, bare = false }] of Object.entries(STATES))
  fixes(`${check}: ${what}`, async () => {
    const home = join(temporaryFolder(), 'home');
    if (bare) {
      mkdirSync(home);
      settings(home, SETTINGS);
    } else cpSync(template, home, { recursive: true });
    await make(home);
    const { state, fix } = about(await diagnosed(home), check);
    assert.is.not(state, 'ok');
    byHand?.(home, fix as string);
    const commands = [...(fix as string).matchAll(/`([^`]+)`/g)].map(([, command]) => command as string);
    const chosen = run ? run.map((wanted) => commands.find((c) => wanted.test(c))) : commands;
    if (!byHand) assert.ok(chosen.length > 0, `no command in ${fix}`);
    for (const command of chosen) {
      assert.ok(command, `${run} among ${fix}`);
      await runPrinted(home, (command as string).replaceAll('…', 'a reason'), values);
    }
    const after = about(await diagnosed(home), check);
    assert.is(after.state, 'ok', `after ${fix}: ${after.what}`);
  });

fixes.run();
