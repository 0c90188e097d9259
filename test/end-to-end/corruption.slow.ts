import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Random } from '../../registry-repo/random.ts';
import { json, pawl } from '../support/cli-here.ts';
import { temporaryFolder } from '../support/paths.ts';
import { sampleSettings } from '../support/sample-settings.ts';

// Files damaged at a hundred places, chosen by a seed. After each damage a command names it with a code, no command ends with
// `internal` or gives another answer than before, and views are as before after the next command.

const random = Random.named('corruption');
const LOG = '.pawl/events.db';
const VIEWS = '.pawl/views.db';
const REGISTRY = '.pawl/registry.git';

/** Damages a copy. @returns what it did, for messages */
type Damage = (folder: string) => string;

/** Sixteen bytes at a place that is not empty, each with other bits; a page of zeros; the end cut off; other contents. */
const WAYS = ['flipped', 'zeroed', 'truncated', 'garbage'] as const;

function damage(file: string, way: (typeof WAYS)[number]): string {
  const bytes = readFileSync(file);
  const at = placeIn(bytes);
  if (way === 'truncated') {
    truncateSync(file, Math.min(at, bytes.length - 1));
    return `${file} cut off at ${at} of ${bytes.length}`;
  }
  for (let i = at; i < Math.min(bytes.length, at + (way === 'flipped' ? 16 : 512)); i++)
    bytes[i] = way === 'zeroed' ? 0 : way === 'flipped' ? (bytes[i] ?? 0) ^ 0xa5 : random.below(256);
  writeFileSync(file, bytes);
  return `${file} ${way} at ${at} of ${bytes.length}`;
}

/** A place with something in it: what a file does not use says nothing. */
function placeIn(bytes: Buffer): number {
  for (let tried = 0; tried < 10_000; tried++) {
    const at = random.below(bytes.length);
    if (bytes.subarray(at, at + 16).every((byte) => byte !== 0)) return at;
  }
  return 0;
}

const git = (folder: string, ...args: readonly string[]): string =>
  execFileSync('git', ['--git-dir', join(folder, REGISTRY), ...args], { encoding: 'utf8' }).trim();

const times = (n: number, make: (i: number) => Damage): Damage[] => Array.from({ length: n }, (_, i) => make(i));

const inFile = (path: string, i: number): Damage => {
  const way = WAYS[i % WAYS.length] as (typeof WAYS)[number];
  return (folder) => damage(join(folder, path), way);
};

const LOG_DAMAGES: Damage[] = [
  ...times(31, (i) => inFile(LOG, i)),
  (folder) => {
    // What one command has appended and the file itself does not have yet.
    const file = readFileSync(join(folder, 'before-wal.db'));
    writeFileSync(join(folder, LOG), file);
    return 'what its WAL had is gone';
  },
  (folder) => {
    cpSync(join(folder, VIEWS), join(folder, LOG));
    return 'the views in its place';
  },
  (folder) => {
    cpSync(join(other, 'backup.db'), join(folder, LOG));
    return 'another log in its place';
  },
  (folder) => {
    writeFileSync(join(folder, LOG), '');
    return 'emptied';
  },
];

const VIEWS_DAMAGES: Damage[] = [
  ...times(18, (i) => inFile(VIEWS, i)),
  (folder) => {
    cpSync(join(other, VIEWS), join(folder, VIEWS));
    return 'views of another log in its place';
  },
  (folder) => {
    writeFileSync(join(folder, VIEWS), 'no database');
    return 'a text in its place';
  },
];

/** Objects that refs lead to, loose or in the one pack. */
const looseObject = (i: number): Damage => {
  const way = (['flipped', 'truncated', 'removed'] as const)[i % 3] ?? 'removed';
  return (folder) => {
    const oids = git(folder, 'rev-list', '--objects', '--all').split('\n').sort();
    const oid = (oids[random.below(oids.length)] as string).slice(0, 40);
    const file = join(folder, REGISTRY, 'objects', oid.slice(0, 2), oid.slice(2));
    if (way === 'removed') rmSync(file);
    return way === 'removed' ? `${oid} removed` : damage(file, way);
  };
};

const packed =
  (i: number): Damage =>
  (folder) => {
    git(folder, 'repack', '-adq');
    const packs = join(folder, REGISTRY, 'objects/pack');
    const ending = i % 4 === 3 ? '.idx' : '.pack';
    const file = join(packs, readdirSync(packs).find((name) => name.endsWith(ending)) as string);
    return damage(file, (['flipped', 'zeroed', 'truncated'] as const)[i % 3] ?? 'flipped');
  };

const OBJECT_DAMAGES: Damage[] = [...times(15, looseObject), ...times(10, packed)];

const inRegistry = (path: string, text: string | null): Damage => {
  const what = text === null ? 'removed' : JSON.stringify(text.slice(0, 20));
  return (folder) => {
    const file = join(folder, REGISTRY, path);
    if (text === null) rmSync(file, { recursive: true });
    else writeFileSync(file, text);
    return `${path} ${what}`;
  };
};

const packedRefs =
  (text: (before: string) => string): Damage =>
  (folder) => {
    git(folder, 'pack-refs', '--all');
    const file = join(folder, REGISTRY, 'packed-refs');
    writeFileSync(file, text(readFileSync(file, 'utf8')));
    return `packed-refs ${text.toString()}`;
  };

const verdictRef =
  (text: string | null): Damage =>
  (folder) => {
    const [, ref = ''] = git(folder, 'for-each-ref', 'refs/pawl/verdicts').split('\n')[0]?.split('\t') ?? [];
    return inRegistry(ref, text)(folder);
  };

const MAIN = 'refs/heads/main';
const REF_DAMAGES: Damage[] = [
  inRegistry(MAIN, null),
  inRegistry(MAIN, ''),
  inRegistry(MAIN, 'garbage\n'),
  inRegistry(MAIN, `${'1'.repeat(40)}\n`),
  inRegistry(MAIN, 'ref: refs/heads/nowhere\n'),
  inRegistry(MAIN, '\0'.repeat(41)),
  (folder) => inRegistry(MAIN, `${git(folder, 'rev-parse', 'main~1')}\n`)(folder),
  (folder) => inRegistry(MAIN, `${git(folder, 'rev-parse', 'main^{tree}')}\n`)(folder),
  inRegistry('refs', null),
  verdictRef(null),
  verdictRef('garbage\n'),
  verdictRef(`${'2'.repeat(40)}\n`),
  packedRefs(() => ''),
  packedRefs((before) => before.slice(0, -60)),
  packedRefs((before) => before.replaceAll(/^[0-9a-f]{8}/gm, 'zzzzzzzz')),
  inRegistry('HEAD', null),
  inRegistry('HEAD', 'garbage'),
  inRegistry('config', 'garbage ['),
  inRegistry('config', null),
  inRegistry('objects', null),
];

let template = '';
let other = '';
let before = '';

async function made(): Promise<string> {
  const folder = temporaryFolder();
  for (const rows of [1500, 4000]) {
    writeFileSync(join(folder, 'pawl.yaml'), sampleSettings(rows));
    if (rows === 1500) await pawl(folder, ['registry', 'init']);
    await json(folder, ['train']);
    cpSync(join(folder, LOG), join(folder, 'before-wal.db'));
    await json(folder, ['promote']);
  }
  await json(folder, ['reconcile']);
  assert.is((await pawl(folder, ['events', 'backup', 'backup.db'])).code, 0);
  for (const path of [LOG, VIEWS]) {
    const db = new DatabaseSync(join(folder, path));
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)'); // what a WAL has hides damage of the file
    db.close();
  }
  return folder;
}

const ANSWERS = [['baseline'], ['runs', 'list'], ['registry', 'log']];

/** What commands answer; `null` for one that says, with a code, that it cannot. */
async function answers(folder: string): Promise<(string | null)[]> {
  const given: (string | null)[] = [];
  for (const args of ANSWERS) {
    const ran = await pawl(folder, [...args, '--json']);
    clean(args, ran);
    given.push(ran.code === 0 ? ran.stdout : null);
    if (ran.code !== 0 && !/unexplained/.test(ran.stdout))
      assert.match(ran.stdout + ran.stderr, /"code": ?"[a-z_]+"|\[[a-z_]+\]/, args.join(' '));
  }
  return given;
}

function clean(args: readonly string[], { stdout, stderr }: { stdout: string; stderr: string }): void {
  for (const told of [stdout, stderr])
    assert.not.match(told, /\[internal\]|"code": ?"internal"|\n {4}at /, args.join(' '));
}

/** The codes that name what is wrong. */
async function named(folder: string): Promise<string[]> {
  const audit = await pawl(folder, ['audit', '--json']);
  clean(['audit'], audit);
  const doctor = await pawl(folder, ['doctor', '--json']);
  clean(['doctor'], doctor);
  const told = [...(audit.stdout + audit.stderr).matchAll(/"code": ?"([a-z_-]+)"|\[([a-z_]+)\]/g)];
  const problems = (JSON.parse(doctor.stdout) as { name: string; state: string }[]).filter(
    ({ name, state }) => state !== 'ok' && name !== 'policy', // a low minimum
  );
  return [
    ...new Set(told.map(([, finding, error]) => (finding ?? error) as string)),
    ...problems.map(({ name }) => `doctor: ${name}`),
  ];
}

function copyOf(): string {
  const folder = join(temporaryFolder(), 'copy');
  cpSync(template, folder, { recursive: true });
  return folder;
}

const corruption = suite('corruption');
corruption.before(async () => {
  template = await made();
  other = await made();
  const one = (await answers(template)) as string[];
  before = JSON.stringify(one);
  assert.not(one.includes(null as never));
  assert.equal(await named(template), [], 'nothing is wrong before');
});

/** Every event as it is stored. */
function exported(folder: string): string {
  const log = new DatabaseSync(join(folder, LOG), { readOnly: true });
  const rows = log.prepare('SELECT *, hex(prev) AS p, hex(hash) AS h FROM events ORDER BY pos').all();
  log.close();
  return JSON.stringify(rows);
}

/** @param harmless whether a damage that nothing names has changed nothing that is read */
function every(kind: string, damages: readonly Damage[], harmless: (folder: string) => boolean = () => false): void {
  corruption(`${kind}: ${damages.length} damages are named`, async () => {
    const faults: string[] = [];
    const counts = { named: 0, harmless: 0 };
    for (const [i, make] of damages.entries()) {
      const folder = copyOf();
      const what = `${kind} ${i}: ${make(folder).replaceAll(folder, '')}`;
      try {
        const codes = await named(folder);
        const given = await answers(folder);
        const wrong = given.findIndex((answer, at) => answer !== null && answer !== JSON.parse(before)[at]);
        if (codes.length > 0) counts.named++;
        else if (harmless(folder)) counts.harmless++;
        else faults.push(`${what}: not named`);
        if (wrong >= 0 && codes.length === 0)
          faults.push(`${what}: another answer of ${ANSWERS[wrong]}: ${given[wrong]}`);
      } catch (error) {
        faults.push(`${what}: ${(error as Error).message}`);
      }
      rmSync(folder, { recursive: true });
    }
    console.log(`${kind}: ${counts.named} named, ${counts.harmless} changed nothing, of ${damages.length}`);
    assert.equal(faults, []);
  });
}

every('log', LOG_DAMAGES, (folder) => exported(folder) === exported(template));
every('objects', OBJECT_DAMAGES);
every('refs and config', REF_DAMAGES);

corruption(`views: ${VIEWS_DAMAGES.length} damages are healed by the next command`, async () => {
  const faults: string[] = [];
  for (const [i, make] of VIEWS_DAMAGES.entries()) {
    const folder = copyOf();
    const what = `views ${i}: ${make(folder).replaceAll(folder, '')}`;
    try {
      if (JSON.stringify(await answers(folder)) !== before) faults.push(`${what}: other answers`);
      const codes = await named(folder);
      if (codes.length > 0) faults.push(`${what}: not healed: ${codes}`);
    } catch (error) {
      faults.push(`${what}: ${(error as Error).message}`);
    }
    rmSync(folder, { recursive: true });
  }
  console.log(`views: ${VIEWS_DAMAGES.length - faults.length} healed of ${VIEWS_DAMAGES.length}`);
  assert.equal(faults, []);
});

corruption.run();
