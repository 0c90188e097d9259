import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { json, pawl } from '../../support/cli-here.ts';
import { temporaryFolder } from '../../support/paths.ts';
import { sampleSettings } from '../../support/sample-settings.ts';

// A log that lost its past is not a new log: the same home with two versions in production after each other, once for every way to
// lose events.

const made = temporaryFolder();
const withRows = (home: string, rows: number) => writeFileSync(join(home, 'pawl.yaml'), sampleSettings(rows));

type Baselines = { baselines: { version: number; commit: string }[] };
type Audit = { passed: boolean; findings: { code: string; severity: string }[] };

const lost = suite('a log that lost its past');

/** Events of the copy that was made while the first version was in production. */
let copied = 0;

lost.before(async () => {
  withRows(made, 1500);
  await json(made, ['train']);
  await json(made, ['promote']);
  assert.is((await pawl(made, ['events', 'backup', 'copy.db'])).code, 0);
  copied = (await json<{ events: number }>(made, ['events', 'verify'])).events;
  withRows(made, 4000);
  await json(made, ['train']);
  await json(made, ['promote']);
  assert.is((await json<Baselines>(made, ['baseline'])).baselines[0]?.version, 2);
});

/** The same folder again, without the log's files. */
function withoutLog(): string {
  const home = temporaryFolder();
  cpSync(made, home, { recursive: true });
  for (const name of readdirSync(join(home, '.pawl')).filter((file) => file.startsWith('events.db')))
    rmSync(join(home, '.pawl', name));
  return home;
}

const WAYS: Record<string, () => string> = {
  'an emptied file': () => {
    const home = withoutLog();
    writeFileSync(join(home, '.pawl/events.db'), '');
    return home;
  },
  'a folder that is not mounted': withoutLog,
  'the same without views': () => {
    const home = withoutLog();
    rmSync(join(home, '.pawl/views.db'));
    return home;
  },
  'an older copy put back': () => {
    const home = withoutLog();
    cpSync(join(home, 'copy.db'), join(home, '.pawl/events.db'));
    return home;
  },
};

for (const [way, lose] of Object.entries(WAYS))
  lost(`${way}: nothing is answered or written, and what to do is said`, async () => {
    const home = lose();
    const ask = [
      'baseline',
      'runs list',
      'promote',
      'rollback --reason x',
      'train',
      'registry status',
      'registry init',
    ];
    for (const line of ask) {
      const { code, stdout, stderr } = await pawl(home, line.split(' '));
      assert.is(code, 3, `${line}: ${stdout}${stderr}`);
      assert.match(stderr, '[log_behind_registry]', line);
      assert.match(stderr, /pawl events restore FILE/);
    }
    const { events } = await json<{ events: number }>(home, ['events', 'verify']);
    assert.is(events, way === 'an older copy put back' ? copied : 0, 'nothing was written');
    const doctor = await json<{ name: string; state: string; what: string }[]>(home, ['doctor'], 1);
    const store = doctor.find((d) => d.name === 'event store');
    assert.is(store?.state, 'problem');
    assert.match(store?.what ?? '', 'on main proves that the log had');
    assert.ok((await json<Audit>(home, ['audit'], 1)).findings.some((f) => f.code === 'log-truncated'));
  });

lost('a copy restored and reconciled: what main proves is in the log, and the audit is clean', async () => {
  const home = withoutLog();
  writeFileSync(join(home, '.pawl/events.db'), 'no database');
  const restored = await pawl(home, ['events', 'restore', 'copy.db']);
  assert.is(restored.code, 0, restored.stderr);
  assert.match(restored.stdout, `${copied} events restored`);
  assert.match(restored.stdout, 'next: pawl reconcile');
  const [kept = ''] = readdirSync(join(home, '.pawl')).filter((file) => file.startsWith('events.db.before-'));
  assert.is(readFileSync(join(home, '.pawl', kept), 'utf8'), 'no database');
  assert.match((await pawl(home, ['baseline'])).stderr, '`pawl reconcile`');
  await checkGoneOn(home, ['reconcile']);
});

lost('an older copy put back by hand is taken up as well, once', async () => {
  const home = WAYS['an older copy put back']?.() as string;
  await checkGoneOn(home, ['reconcile']);
  assert.is((await json<{ lost: number }>(home, ['reconcile'])).lost, 0);
});

lost('a rollback since the copy is taken up, too', async () => {
  const home = temporaryFolder();
  cpSync(made, home, { recursive: true });
  await json(home, ['rollback', '--reason', 'complaints']);
  const [before] = (await json<Baselines>(home, ['baseline'])).baselines;
  assert.is((await pawl(home, ['events', 'restore', 'copy.db'])).code, 0);
  await json(home, ['reconcile']);
  const [now] = (await json<Baselines>(home, ['baseline'])).baselines;
  assert.equal([now?.version, now?.commit], [1, before?.commit]);
  assert.ok((await json<Audit>(home, ['audit'])).passed);
});

lost('what died before the loss was recorded counts as behind, and is done again', async () => {
  const home = WAYS['an older copy put back']?.() as string;
  await json(home, ['reconcile']);
  const whole = (await json<{ events: number }>(home, ['events', 'verify'])).events;
  withoutTrigger(join(home, '.pawl/events.db'), 'events_are_not_deleted', `DELETE FROM events WHERE pos = ${whole}`);
  assert.match((await pawl(home, ['baseline'])).stderr, '[log_behind_registry]');
  await json(home, ['reconcile']);
  assert.is((await json<{ events: number }>(home, ['events', 'verify'])).events, whole);
  assert.is((await json<Baselines>(home, ['baseline'])).baselines[0]?.version, 2);
  assert.ok((await json<Audit>(home, ['audit'])).passed);
});

/** Does what a trigger of the log forbids. */
function withoutTrigger(file: string, name: string, change: string): void {
  const db = new DatabaseSync(file);
  const { sql } = db.prepare('SELECT sql FROM sqlite_master WHERE name = ?').get(name) as { sql: string };
  db.exec(`DROP TRIGGER ${name}; ${change}; ${sql}`);
  db.close();
}

lost('without any copy a new log begins with what main proves, if that is asked for', async () => {
  const home = withoutLog();
  const refused = await pawl(home, ['reconcile']);
  assert.is(refused.code, 3);
  assert.match(refused.stderr, '`pawl reconcile --lost-log`');
  await checkGoneOn(home, ['reconcile', '--lost-log']);
  const again = await pawl(home, ['reconcile', '--lost-log']);
  assert.is(again.code, 2);
  assert.match(again.stderr, '--lost-log');
});

/** After it, version 2 is in production as main says; the next version is 3, and the audit finds nothing but the loss. */
async function checkGoneOn(home: string, line: readonly string[]): Promise<void> {
  const main = (await json<Baselines>(made, ['baseline'])).baselines;
  await json(home, line);
  const now = (await json<Baselines>(home, ['baseline'])).baselines;
  assert.equal(
    now.map(({ version, commit }) => [version, commit]),
    main.map(({ version, commit }) => [version, commit]),
  );
  await json(home, ['train']);
  await json(home, ['promote']);
  assert.is((await json<Baselines>(home, ['baseline'])).baselines[0]?.version, 3);
  const { findings } = await json<Audit>(home, ['audit']);
  assert.ok(findings.length > 0);
  assert.equal(
    findings.filter((f) => f.severity !== 'warning' || f.code !== 'log-restored'),
    [],
  );
}

lost('what is no copy of this log is refused, and changes nothing', async () => {
  const other = temporaryFolder();
  withRows(other, 200);
  await json(other, ['train']);
  assert.is((await pawl(other, ['events', 'backup', 'other.db'])).code, 0);
  const home = WAYS['an emptied file']?.() as string;
  writeFileSync(join(home, 'text.db'), 'no database');
  cpSync(join(home, 'copy.db'), join(home, 'changed.db'));
  const change = "UPDATE events SET time = '2020-01-01T00:00:00.000Z' WHERE pos = 5";
  withoutTrigger(join(home, 'changed.db'), 'events_are_not_updated', change);
  const wrong = {
    'missing.db': /store_unavailable/,
    'text.db': /store_unavailable/,
    'changed.db': /content-changed.*backup_unusable/,
    [join(other, 'other.db')]: /another log.*backup_unusable/,
  };
  for (const [file, says] of Object.entries(wrong)) {
    const { code, stderr } = await pawl(home, ['events', 'restore', file]);
    assert.is(code, 3, file);
    assert.match(stderr, says);
  }
  assert.is(statSync(join(home, '.pawl/events.db')).size, 0);
  assert.equal(
    readdirSync(join(home, '.pawl')).filter((file) => /before|part/.test(file)),
    [],
  );
});

lost.run();
