import { execFileSync } from 'node:child_process';
import { closeSync, cpSync, openSync, readdirSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { REMEDIES } from '../../../pipeline/audit/remedies.ts';
import { sumOf } from '../../../projections/views.sqlite.ts';
import { json, pawl } from '../../support/cli-here.ts';
import { temporaryFolder } from '../../support/paths.ts';
import { sampleSettings } from '../../support/sample-settings.ts';

// For each finding of the audit: a state that has it, the remedy run as the audit prints it, and an audit that passes after it.

const git = (folder: string, ...args: readonly string[]): string =>
  execFileSync('git', ['-c', 'user.name=somebody', '-c', 'user.email=somebody@example.org', ...args], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim();

const REGISTRY = '.pawl/registry.git';
const LOG = '.pawl/events.db';

type State = {
  /** Makes it. @returns values for the words in capitals of the remedy */
  readonly make: (folder: string) => Record<string, string> | Promise<Record<string, string>>;
  /** Which of the printed commands are run, in this order; all of them if it is left out. */
  readonly run?: readonly RegExp[];
};

/** A commit on main as somebody makes it who can write the repository. @returns the commit */
function byHand(folder: string, files: Readonly<Record<string, string | null>>): string {
  const work = join(folder, 'by-hand');
  git(folder, 'clone', '--quiet', REGISTRY, work);
  for (const [path, content] of Object.entries(files))
    if (content === null) git(work, 'rm', '-q', '-r', path);
    else {
      writeFileSync(join(work, path), content);
      git(work, 'add', path);
    }
  git(work, 'commit', '-q', '-m', 'by hand');
  git(folder, '--git-dir', REGISTRY, 'fetch', '-q', work, 'main:main');
  return git(work, 'rev-parse', 'HEAD');
}

const inMain = (folder: string, path: string): string =>
  execFileSync('git', ['--git-dir', REGISTRY, 'show', `main:${path}`], { cwd: folder, encoding: 'utf8' });

const POINTER = 'models/sentiment/production.json';
const movedTo = (folder: string, over: object): string =>
  `${JSON.stringify({ ...JSON.parse(inMain(folder, POINTER)), ...over }, null, 2)}\n`;

/** Changes the log behind the back of what guards it. */
function inLog(folder: string, ...statements: readonly string[]): void {
  const log = new DatabaseSync(join(folder, LOG));
  for (const trigger of ['updated', 'deleted', 'replaced']) log.exec(`DROP TRIGGER events_are_not_${trigger}`);
  for (const statement of statements) log.exec(statement);
  log.close();
}

const RESTORE = [/^pawl events restore/, /^pawl reconcile/];

const logDamage = (...statements: readonly string[]): State => ({
  make: (folder) => {
    backUp(folder);
    inLog(folder, ...statements);
    return { BACKUP: 'backup.db' };
  },
  run: RESTORE,
});

const backUp = (folder: string): void => cpSync(join(template, 'backup.db'), join(folder, 'backup.db'));

const artifactsOf = (folder: string): string[] =>
  readdirSync(join(folder, '.pawl/artifacts'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /[0-9a-f]{60}$/.test(name))
    .map((name) => join(folder, '.pawl/artifacts', name));

const artifactState = (damage: (file: string) => void): State => ({
  make: (folder) => {
    cpSync(join(folder, '.pawl/artifacts'), join(folder, 'artifacts-backup'), { recursive: true });
    damage(artifactsOf(folder)[0] as string);
    return { BACKUP: 'artifacts-backup' };
  },
  run: [/^cp -R/, /^pawl artifacts verify/],
});

/** A file of the version in production. */
const changedFile = (path: string): State => ({
  make: (folder) => ({ COMMIT: byHand(folder, { [path]: `${inMain(folder, path)} ` }), PATH: path, CLONE: 'clone' }),
  run: [/^git clone/, /^git -C CLONE checkout/, /^git -C CLONE commit/, /^git --git-dir/, /^pawl reconcile/],
});

const ROLL_BACK = [/^pawl reconcile/, /^pawl rollback/];
const WHY = { WHY: 'by hand' };

const STATES: Readonly<Record<string, Readonly<Record<string, State>>>> = {
  'content-changed': { 'one byte': logDamage(`UPDATE events SET data = replace(data, '{', '{ ') WHERE pos = 3`) },
  'link-broken': { 'another link': logDamage(`UPDATE events SET prev = zeroblob(32) WHERE pos = 4`) },
  'revision-gap': {
    'an event of a stream is gone': logDamage(`DELETE FROM events WHERE stream LIKE 'model-%' AND rev = 1`),
  },
  'position-gap': { 'an event is gone': logDamage('DELETE FROM events WHERE pos = 4') },
  unreadable_event: { 'no JSON': logDamage(`UPDATE events SET data = '{' WHERE pos = 3`) },
  'file-damaged': {
    'a page': {
      make: (folder) => {
        backUp(folder);
        const log = new DatabaseSync(join(folder, LOG));
        log.exec('PRAGMA wal_checkpoint(TRUNCATE)');
        const number = (sql: string) => Number(Object.values(log.prepare(sql).get() as object)[0]);
        const size = number('PRAGMA page_size');
        const page = number(`SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_autoindex_events_1'`);
        log.close();
        const file = openSync(join(folder, LOG), 'r+');
        writeSync(file, Buffer.alloc(size / 2), 0, size / 2, (page - 1) * size + size / 2);
        closeSync(file);
        return { BACKUP: 'backup.db' };
      },
      run: RESTORE,
    },
  },
  'log-truncated': { 'cut off': logDamage('DELETE FROM events WHERE pos > 5') },
  'log-rewritten': {
    'another log': {
      make: (folder) => {
        backUp(folder);
        for (const end of ['', '-wal', '-shm']) rmSync(join(folder, LOG + end), { force: true });
        cpSync(join(other, 'backup.db'), join(folder, LOG));
        return { BACKUP: 'backup.db' };
      },
      run: RESTORE,
    },
  },
  'checkpoint-unrecorded': {
    'its record is gone': {
      make: (folder) => {
        inLog(folder, `DELETE FROM events WHERE pos >= (SELECT max(pos) FROM events WHERE type = 'LogCheckpointed')`);
        return {};
      },
    },
  },
  'view-differs': {
    'a row': {
      make: (folder) => {
        const views = new DatabaseSync(join(folder, '.pawl/views.db'));
        for (const each of views.prepare('SELECT generation, key, row FROM rows').all()) {
          const { generation, key, row } = each as { generation: number; key: string; row: string };
          const changed = row.replaceAll('"sentiment"', '"other"');
          views
            .prepare('UPDATE rows SET row = ?, sum = ? WHERE generation = ? AND key = ?')
            .run(changed, sumOf(generation, key, changed), generation, key);
        }
        views.close();
        return {};
      },
    },
  },
  'unexplained-commit': {
    'production.json moved by hand, back to a version that was there': {
      make: (folder) => {
        byHand(folder, { [POINTER]: movedTo(folder, JSON.parse(inMain(folder, POINTER)).previous) });
        return WHY;
      },
      run: ROLL_BACK,
    },
    'production.json moved by hand, to a version that is not there': {
      make: (folder) => {
        byHand(folder, { [POINTER]: movedTo(folder, { version: 77 }) });
        return WHY;
      },
      run: ROLL_BACK,
    },
    'the model’s bytes': changedFile('models/sentiment/versions/2/model.onnx'),
  },
  malformed_file: { 'a manifest': changedFile('models/sentiment/versions/2/manifest.json') },
  'event-missing': {
    'rules changed by hand': {
      make: (folder) => {
        const policy = JSON.parse(inMain(folder, 'gate.json'));
        policy.models.sentiment.minimum = 0.1;
        byHand(folder, { 'gate.json': `${JSON.stringify(policy, null, 2)}\n` });
        return WHY;
      },
      run: [/^pawl reconcile/, /^pawl registry configure/],
    },
  },
  'commit-missing': {
    'main moved back': {
      make: (folder) => {
        git(folder, 'clone', '-q', '--mirror', REGISTRY, 'clone');
        git(folder, '--git-dir', REGISTRY, 'update-ref', 'refs/heads/main', 'main~1');
        return { CLONE: 'clone' };
      },
    },
  },
  verdict_missing: {
    'its ref is gone from the registry': {
      make: (folder) => {
        byHand(folder, { [POINTER]: movedTo(folder, { promotion: '000000000000' }) });
        return WHY;
      },
      run: ROLL_BACK,
    },
  },
  version_revoked: {
    'revoked while it is in production': {
      make: async (folder) => {
        await json(folder, ['registry', 'configure', '--revoke', 'v2', '--reason', 'leaks names']);
        return WHY;
      },
      run: ROLL_BACK,
    },
  },
  artifact_missing: { gone: artifactState((file) => rmSync(file)) },
  artifact_corrupt: { 'other bytes': artifactState((file) => writeFileSync(file, 'rubbish')) },
};

/** What no command can decide, with the reason; each is a contradiction of two proofs, or of a proof and a fact. */
const SOMEBODY: Readonly<Record<string, string>> = {
  'checkpoint-untrusted': 'whether a key counts is for its owner to say',
  'checkpoint-key-ended': 'a checkpoint of an ended key was signed by who still had the key',
  'checkpoint-other-registry': 'a signature for another registry is here, and only a person knows how it came',
  'event-repeated': 'the log’s own rules forbid it, so no command of Pawl’s has made it',
  'verdict-missing': 'the log was written by another program',
  'verdict-differs': 'the log was written by another program',
  'policy-differs': 'the gate or its key is not what it was',
  'evaluation-differs': 'the gate or its key is not what it was',
  'evidence-differs': 'the gate or its key is not what it was',
  'judgement-differs': 'the gate or its key is not what it was',
  'served-otherwise': 'a server has answered with what main did not name, which nothing undoes',
  verdict_invalid: 'its remedy is that of verdict_missing, and what makes it takes the key of a gate',
  registry_drifted: 'its remedy is that of unexplained-commit, and what makes it takes the key of a gate',
};

type Report = { passed: boolean; findings: { severity: string; code: string; message: string }[] };

/** The commands of a remedy, as they are printed. */
function commandsOf(printed: string, code: string): string[] {
  const line = printed.split('\n').find((l) => l.startsWith(`→ ${code}: `));
  assert.ok(line, `no remedy of ${code} is printed:\n${printed}`);
  return [...(line as string).matchAll(/`([^`]+)`/g)].map(([, command]) => command as string);
}

async function runPrinted(folder: string, command: string, values: Record<string, string>): Promise<void> {
  const filled = command.replaceAll(/\b[A-Z]{3,}\b/g, (word) => values[word] ?? word);
  const [name, ...args] = (filled.match(/"[^"]*"|'[^']*'|\S+/g) ?? []).map((part) =>
    part.replace(/^(["'])(.*)\1$/, '$2'),
  );
  if (name === 'git') return void git(folder, ...args);
  if (name !== 'pawl') return void execFileSync(name as string, args, { cwd: folder });
  const ran = await pawl(folder, args);
  assert.ok(ran.code === 0 || (args[0] === 'reconcile' && ran.code === 1), `${filled}: ${ran.stdout}${ran.stderr}`);
}

/** What `pawl doctor` says of what is in production. */
async function production(folder: string): Promise<{ name: string; state: string; fix: string | null }> {
  const found = JSON.parse((await pawl(folder, ['doctor', '--json'])).stdout) as Awaited<
    ReturnType<typeof production>
  >[];
  return found.find(({ name }) => name === 'production') as Awaited<ReturnType<typeof production>>;
}

let template = '';
let other = '';

async function madeBefore(): Promise<string> {
  const folder = temporaryFolder();
  for (const rows of [1500, 4000]) {
    writeFileSync(join(folder, 'pawl.yaml'), sampleSettings(rows));
    if (rows === 1500) await pawl(folder, ['registry', 'init']);
    await json(folder, ['train']);
    await json(folder, ['promote']);
  }
  await json(folder, ['reconcile']);
  assert.is((await pawl(folder, ['events', 'backup', 'backup.db'])).code, 0);
  return folder;
}

const remedies = suite('remedies of the audit');
remedies.before(async () => {
  template = await madeBefore();
  other = await madeBefore();
});

remedies('every finding that has a remedy has a state here, or says who has to look and why', () => {
  const rows = [...Object.keys(STATES), ...Object.keys(SOMEBODY)].sort();
  assert.equal(rows, Object.keys(REMEDIES).sort());
});

remedies('what was made before passes', async () => {
  const { code, stdout } = await pawl(template, ['audit']);
  assert.is(code, 0, stdout);
});

for (const [code, states] of Object.entries(STATES))
  for (const [what, { make, run }] of Object.entries(states))
    remedies(`${code}: ${what}`, async () => {
      const folder = join(temporaryFolder(), 'copy');
      cpSync(template, folder, { recursive: true });
      rmSync(join(folder, 'backup.db'));
      const values = await make(folder);
      const { findings } = JSON.parse((await pawl(folder, ['audit', '--json'])).stdout) as Report;
      assert.ok(
        findings.some((f) => f.code === code),
        `${code} is not among ${findings.map((f) => f.code)}`,
      );
      const commands = commandsOf((await pawl(folder, ['audit'])).stdout, code);
      if (run === ROLL_BACK) assert.match((await production(folder)).fix ?? '', 'pawl rollback');
      const chosen = run ? run.map((wanted) => commands.find((c) => wanted.test(c))) : commands;
      for (const command of chosen) {
        assert.ok(command, `${run} among ${commands.join('; ')}`);
        await runPrinted(folder, command as string, values);
      }
      const after = await pawl(folder, ['audit']);
      assert.is(after.code, 0, after.stdout);
      if (run === ROLL_BACK) assert.is((await production(folder)).state, 'ok');
    });

remedies('a first version that somebody put there by hand: a promotion leads out', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'pawl.yaml'), sampleSettings(1500));
  await pawl(folder, ['registry', 'init']);
  const from = temporaryFolder();
  git(from, 'clone', '-q', join(template, REGISTRY), 'clone');
  git(from, '-C', 'clone', 'checkout', '-q', 'HEAD~1');
  git(folder, 'clone', '-q', REGISTRY, 'by-hand');
  cpSync(join(from, 'clone/models'), join(folder, 'by-hand/models'), { recursive: true });
  rmSync(join(folder, 'by-hand/models/sentiment/versions/1/checkpoint'), { force: true });
  git(folder, '-C', 'by-hand', 'add', '-A');
  git(folder, '-C', 'by-hand', 'commit', '-qm', 'by hand');
  git(folder, '--git-dir', REGISTRY, 'fetch', '-q', 'by-hand', 'main:main');
  cpSync(join(template, '.pawl/artifacts'), join(folder, '.pawl/artifacts'), { recursive: true });
  const before = await pawl(folder, ['audit']);
  assert.is(before.code, 1);
  assert.match(before.stdout, 'verdict_missing');
  await pawl(folder, ['reconcile']);
  const back = await pawl(folder, ['rollback', '--reason', 'by hand']);
  assert.match(back.stdout + back.stderr, '`pawl promote`');
  writeFileSync(join(folder, 'pawl.yaml'), sampleSettings(4000));
  await json(folder, ['train']);
  const promoted = await pawl(folder, ['promote']);
  assert.is(promoted.code, 0, promoted.stdout + promoted.stderr);
  const after = await pawl(folder, ['audit']);
  assert.is(after.code, 0, after.stdout);
});

remedies.run();
