import { execFileSync } from 'node:child_process';
import type { KeyObject } from 'node:crypto';
import {
  closeSync,
  cpSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EventData, EventType, Fact } from '../../../events/catalogue.ts';
import { signCheckpoint } from '../../../events/checkpoint.ts';
import { encodeFacts, type StoredEvent } from '../../../events/envelope.ts';
import { SqliteStore } from '../../../events/store.sqlite.ts';
import { REMEDIES } from '../../../pipeline/audit/remedies.ts';
import { loadKeys } from '../../../pipeline/keys.ts';
import { sumOf } from '../../../projections/views.sqlite.ts';
import { auditFindings } from '../../../scripts/docs/audit-findings.ts';
import { codesOf } from '../../../scripts/docs/explained.ts';
import { json, pawl } from '../../support/cli-here.ts';
import { command } from '../../support/events.ts';
import { gitByHand as git } from '../../support/git.ts';
import { root, temporaryFolder } from '../../support/paths.ts';
import { sampleSettings } from '../../support/sample-settings.ts';

// For each finding of the audit: a state that has it, the remedy run as the audit prints it, and an audit that passes after it.

const CHECKPOINT = 'models/sentiment/versions/2/checkpoint';
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
      mkdirSync(dirname(join(work, path)), { recursive: true });
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

const PUT_BACK = [/^git clone/, /^git -C CLONE revert/, /^git --git-dir/, /^pawl reconcile/];

const PUT_POINTER_BACK = [...PUT_BACK, /^pawl rollback/];
const WHY = { WHY: 'by hand' };

/** A commit by hand that is put back whole. */
const putBack = (files: (folder: string) => Parameters<typeof byHand>[1], run = PUT_BACK): State => ({
  make: (folder) => ({ COMMIT: byHand(folder, files(folder)), CLONE: 'clone', ...WHY }),
  run,
});

/** A mirror clone from before, and then a damaged registry. */
const damagedRegistry = (damage: (folder: string) => void): State => ({
  make: (folder) => {
    git(folder, 'clone', '-q', '--mirror', REGISTRY, 'clone');
    damage(folder);
    return { CLONE: 'clone' };
  },
});

const looseObject = (folder: string, of: string): string => {
  const oid = git(folder, '--git-dir', REGISTRY, 'rev-parse', of);
  return join(folder, REGISTRY, 'objects', oid.slice(0, 2), oid.slice(2));
};

/** An event that another program has added, with hashes that fit. */
const forgedEvent = <T extends EventType>(type: T, change: (data: EventData<T>) => object): State => ({
  make: async (folder) => {
    backUp(folder);
    const store = new SqliteStore(join(folder, LOG));
    const log = await store.readAll({ limit: 1000 });
    const stored = log.filter((e) => e.type === type).at(-1) as StoredEvent;
    const data = change(JSON.parse(stored.data)) as EventData<T>;
    const last = log.filter((e) => e.stream === stored.stream).at(-1) as StoredEvent;
    await store.append(stored.stream, last.revision, encodeFacts(command('forged'), [{ type, data } as Fact]));
    await store.close();
    return { BACKUP: 'backup.db' };
  },
  run: RESTORE,
});

/** The newest checkpoint, signed by the log's own key, for another registry. */
function foreignCheckpoint(folder: string): string {
  const { log } = loadKeys(join(folder, '.pawl/keys'));
  const [origin = '', size = '', hash = ''] = inMain(folder, CHECKPOINT).split('\n');
  const checkpoint = { origin, size: Number(size), root: Buffer.from(hash, 'base64'), registry: '000000000000' };
  return signCheckpoint(checkpoint, origin, log?.privateKey as KeyObject);
}

/** A file of the version in production. */
const changedFile = (path: string): State => ({
  make: (folder) => ({ COMMIT: byHand(folder, { [path]: `${inMain(folder, path)} ` }), PATH: path, CLONE: 'clone' }),
  run: PUT_BACK,
});

const ROLL_BACK = [/^pawl reconcile/, /^pawl rollback/];

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
  'checkpoint-untrusted': {
    'the public half of the key is gone': {
      make: (folder) => {
        rmSync(join(folder, '.pawl/keys/log.pub.json'));
        return {};
      },
      run: [/^pawl registry init/],
    },
    'another log’s': putBack(() => ({ [CHECKPOINT]: inMain(other, CHECKPOINT) })),
  },
  'checkpoint-other-registry': {
    'our key’s, for another registry': putBack((folder) => ({ [CHECKPOINT]: foreignCheckpoint(folder) })),
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
    'production.json removed': putBack(() => ({ [POINTER]: null }), PUT_POINTER_BACK),
    'the model’s bytes': changedFile('models/sentiment/versions/2/model.onnx'),
  },
  malformed_file: {
    'a manifest': changedFile('models/sentiment/versions/2/manifest.json'),
    'production.json': putBack(() => ({ [POINTER]: 'garbage' }), PUT_POINTER_BACK),
    'gate.json': putBack(() => ({ 'gate.json': 'garbage' })),
  },
  file_missing: {
    'the manifest in production': putBack(() => ({ 'models/sentiment/versions/2/manifest.json': null })),
  },
  file_too_large: {
    'production.json': putBack(
      (folder) => ({ [POINTER]: inMain(folder, POINTER) + ' '.repeat(2_000_000) }),
      PUT_POINTER_BACK,
    ),
  },
  forbidden_mode: {
    'production.json can be run': {
      make: (folder) => {
        git(folder, 'clone', '--quiet', REGISTRY, 'work');
        git(folder, '-C', 'work', 'update-index', '--chmod=+x', POINTER);
        git(folder, '-C', 'work', 'commit', '-q', '-m', 'by hand');
        git(folder, '--git-dir', REGISTRY, 'fetch', '-q', 'work', 'main:main');
        return { COMMIT: git(folder, '-C', 'work', 'rev-parse', 'HEAD'), CLONE: 'clone', ...WHY };
      },
      run: PUT_POINTER_BACK,
    },
  },
  'repository-damaged': {
    'an object is gone': damagedRegistry((folder) => rmSync(looseObject(folder, 'main~1^{tree}'))),
  },
  git_failed: {
    'an object is no object': damagedRegistry((folder) => {
      const file = looseObject(folder, 'main^{tree}');
      rmSync(file);
      writeFileSync(file, 'garbage');
    }),
  },
  'registry-unreadable': {
    'main is gone': damagedRegistry((folder) => rmSync(join(folder, REGISTRY, 'refs/heads/main'))),
  },
  'event-repeated': { 'a promotion merged twice': forgedEvent('PromotionMerged', (data) => data) },
  'verdict-missing': {
    'a judgement without a verdict': forgedEvent('GateJudged', (data) => ({ ...data, verdict: null, result: 'pass' })),
  },
  'verdict-differs': { 'another result': forgedEvent('GateJudged', (data) => ({ ...data, result: 'fail' })) },
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
    'CODEOWNERS by hand': putBack(() => ({ CODEOWNERS: '* @somebody\n' })),
    'a workflow by hand': putBack(() => ({ '.github/workflows/gate.yml': 'on: push\n' })),
    'an evaluation set by hand': putBack((folder) => ({
      'evaluation/sentiment-test.json': inMain(folder, 'evaluation/sentiment-test.json').replace(
        '"source": "',
        '"source": "other ',
      ),
    })),
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
  verdict_invalid: {
    'a promotion merged again by hand': {
      make: (folder) => {
        git(folder, 'clone', '--quiet', REGISTRY, 'work');
        writeFileSync(join(folder, 'work', POINTER), `${git(folder, '-C', 'work', 'show', `HEAD~1:${POINTER}`)}\n`);
        const message = git(folder, '-C', 'work', 'log', '-1', '--format=%B', 'HEAD~1');
        git(folder, '-C', 'work', 'commit', '-qam', message);
        git(folder, '--git-dir', REGISTRY, 'fetch', '-q', 'work', 'main:main');
        return WHY;
      },
      run: ROLL_BACK,
    },
  },
  registry_drifted: {
    'the model’s bytes': putBack(() => ({ 'models/sentiment/versions/2/model.onnx': 'another model' })),
  },
  verdict_missing: {
    'production.json changed in `previous` alone': {
      make: (folder) => {
        byHand(folder, { [POINTER]: movedTo(folder, { previous: null }) });
        return WHY;
      },
      run: ROLL_BACK,
    },
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

const GATE =
  'a gate’s own signature stands against what the gate must have answered: its key is to be ended, and no command makes the record go';

/** What no command can decide, with the reason; each is a contradiction of two proofs, or of a proof and a fact. */
const SOMEBODY: Readonly<Record<string, string>> = {
  'checkpoint-key-ended':
    'a checkpoint of an ended key was signed by who still had the key: it stays on main, whoever did it',
  'log-restored': 'a warning: what it tells has been mended already, and the log says so for ever',
  'policy-differs': GATE,
  'evaluation-differs': GATE,
  'evidence-differs': GATE,
  'judgement-differs': GATE,
  'key-ended': GATE,
  'other-registry': GATE,
  'served-otherwise': 'a server has answered with what main did not name, which nothing undoes',
  ambiguous_path: 'git itself neither makes nor reverts a folder with two entries of one name',
  artifact_store_unavailable: 'the store is somewhere else, and does not answer',
  artifact_too_large: 'as artifact_corrupt, in a store that is not a folder',
  git_folder_refused: 'the folder has to belong to another user',
};

/** Errors of the registry that no check of the audit meets, by what they are about. */
const NOT_READ: Readonly<Record<string, readonly string[]>> = {
  'the audit scores no rows and runs no model': [
    'gate_unfit',
    'malformed_counts',
    'malformed_rows',
    'model_failed',
    'model_refused',
    'model_unloadable',
    'processor_lacks_vnni',
    'score_engine',
    'worker_hung',
    'worker_lost',
  ],
  'a model without production.json is not among those in production; its commit is unexplained': [
    'nothing_in_production',
  ],
  'servers alone': ['main_moved_back', 'settled_unreadable', 'settled_unwritable'],
  'it writes nothing': ['file_differs', 'ref_locked', 'ref_moved'],
  'it cannot begin, and the message says why': ['git_unusable', 'malformed_key', 'network_setting'],
  'caught where it is thrown, and told as verdict_missing': ['no_merge_facts'],
};

/** The codes of the registry's errors, from the source. */
const registryErrors = (): string[] =>
  readdirSync(join(root, 'registry-repo'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => [...readFileSync(join(root, 'registry-repo', name), 'utf8').matchAll(CODE)])
    .map(([, code]) => code as string);

const CODE = /extends RegistryError \{\s*readonly code = '([a-z_]+)'/g;

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

remedies('everything that the audit can say has a state here, or says who has to look and why', () => {
  const notRead = Object.values(NOT_READ).flat();
  const said = [
    ...codesOf(auditFindings),
    ...registryErrors().filter((code) => !notRead.includes(code)),
    ...['unreadable_event', 'key-ended', 'other-registry'],
  ];
  const rows = [...Object.keys(STATES), ...Object.keys(SOMEBODY)].sort();
  assert.equal(rows, [...new Set(said)].sort());
  assert.equal(
    rows.filter((code) => !Object.hasOwn(REMEDIES, code)),
    ['log-restored'],
  );
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
