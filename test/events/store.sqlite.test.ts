import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { StoreError, StreamConflictError } from '../../events/errors.ts';
import { safeJournalMode } from '../../events/log-file.sqlite.ts';
import { SqliteStore } from '../../events/store.sqlite.ts';
import { NO_STREAM } from '../../events/store.ts';
import { metrics } from '../support/events.ts';
import { temporaryFolder } from '../support/paths.ts';
import { rejects } from '../support/rejects.ts';
import { until } from '../support/until.ts';

const stream = 'run-aaaaaaaaaaaa';
const file = () => join(temporaryFolder(), 'deep/er/events.db');
const isStoreError = (pattern: RegExp) => (e: unknown) => e instanceof StoreError && pattern.test(e.message);

const sqlite = suite('SQLite store');

sqlite('keeps everything across processes and handles', async () => {
  const path = file();
  const first = new SqliteStore(path);
  const stored = await first.append(stream, NO_STREAM, metrics('a', 3));
  const second = new SqliteStore(path);
  assert.equal(await second.readAll(), stored);
  await second.append(stream, 2, metrics('b', 1));
  await rejects(first.append(stream, 2, metrics('c', 1)), StreamConflictError);
  await first.close();
  await second.close();
  const third = new SqliteStore(path, { readOnly: true });
  assert.is(await third.position(), 4);
  await third.close();
});

sqlite('refuses UPDATE and DELETE from any program', async () => {
  const path = file();
  const store = new SqliteStore(path);
  await store.append(stream, NO_STREAM, metrics('a', 1));
  await store.close();
  const raw = new DatabaseSync(path);
  for (const sql of ["UPDATE events SET data = '{}'", 'DELETE FROM events', 'REPLACE INTO events SELECT * FROM events'])
    assert.throws(
      () => raw.exec(sql),
      (e: unknown) => /append-only|UNIQUE/.test((e as Error).message),
      sql,
    );
  raw.close();
});

sqlite('writes through to the disk, also after a reopen', async () => {
  const path = file();
  await new SqliteStore(path).close();
  const store = new SqliteStore(path);
  assert.equal(store.durability(), { journal: 'wal', synchronous: 'full' });
  await store.close();
});

sqlite('refuses a file that is not a log, a log of a newer Pawl, and a missing file', async () => {
  const foreign = join(temporaryFolder(), 'foreign.db');
  const db = new DatabaseSync(foreign);
  db.exec('CREATE TABLE events(x)');
  db.close();
  assert.throws(() => new SqliteStore(foreign), isStoreError(/not a Pawl event store/));
  const rubbish = join(temporaryFolder(), 'rubbish.db');
  writeFileSync(rubbish, 'this is no database, but long enough to be looked at as one'.repeat(100));
  assert.throws(() => new SqliteStore(rubbish), isStoreError(/rubbish\.db is no SQLite database: set another path/));
  const newer = file();
  await new SqliteStore(newer).close();
  const raw = new DatabaseSync(newer);
  raw.exec('PRAGMA user_version = 99');
  raw.close();
  assert.throws(() => new SqliteStore(newer), isStoreError(/newer Pawl/));
  assert.throws(() => new SqliteStore('/nowhere/at/all.db', { readOnly: true }), isStoreError(/cannot open/));
});

sqlite('uses a rollback journal on the SQLite versions with the WAL-reset bug', () => {
  for (const [version, mode] of [
    ['3.51.2', 'TRUNCATE'],
    ['3.45.1', 'TRUNCATE'],
    ['3.52.0', 'TRUNCATE'],
    ['3.51.3', 'WAL'],
    ['3.53.0', 'WAL'],
    ['4.0.0', 'WAL'],
  ] as const)
    assert.is(safeJournalMode(version), mode, version);
});

sqlite('a damaged file is named, with what to do, wherever in it the damage is', async () => {
  const path = file();
  const store = new SqliteStore(path);
  await store.append(stream, NO_STREAM, metrics('a', 5000));
  assert.equal(await store.damage(), []);
  const backup = join(temporaryFolder(), 'backup.db');
  await store.copyTo(backup); // without a journal beside it
  await store.close();
  const whole = readFileSync(backup);
  const pages = whole.length / 4096;
  assert.ok(pages > 100, `${pages} pages to damage`);
  let named = 0;
  for (const page of [2, 3, 10, Math.floor(pages / 2), pages - 2]) {
    const copy = join(temporaryFolder(), 'events.db');
    const bytes = Buffer.from(whole);
    bytes.fill(0xa5, page * 4096, page * 4096 + 4096);
    writeFileSync(copy, bytes);
    const damaged = new SqliteStore(copy, { readOnly: true });
    assert.ok((await damaged.damage()).length > 0, `page ${page}`);
    const read = await damaged.readAll({ limit: 5000 }).catch((error: unknown) => error);
    if (read instanceof Error) {
      assert.ok(isStoreError(/is damaged: put back a copy that `pawl events backup` made/)(read), read.message);
      assert.match(read.message, copy);
      named++;
    }
    await damaged.close();
  }
  assert.ok(named > 0, 'some damage is in the way of reading');
});

sqlite(
  'while another process writes, a log opens and reads, and an append waits without blocking the thread',
  async () => {
    const path = file();
    const before = new SqliteStore(path);
    await before.append(stream, NO_STREAM, metrics('a', 1));
    const holder = new DatabaseSync(path);
    holder.exec('BEGIN IMMEDIATE');
    const store = new SqliteStore(path);
    assert.is(await store.position(), 1);
    const waiting = store.append(stream, 0, metrics('b', 1));
    let turns = 0;
    const counting = setInterval(() => turns++, 1);
    await until(() => turns > 20);
    clearInterval(counting);
    assert.is(await store.position(), 1, 'reads meanwhile');
    holder.exec('ROLLBACK');
    assert.is((await waiting)[0]?.position, 2);
    for (const one of [before, store, holder]) await one.close();
  },
);

sqlite('a log that may not be written says so; what is in it can be read', async () => {
  const path = file();
  const store = new SqliteStore(path);
  await store.append(stream, NO_STREAM, metrics('a', 1));
  const readOnly = new SqliteStore(path, { readOnly: true });
  const refused = await rejects(readOnly.append(stream, 0, metrics('b', 1)), StoreError);
  assert.match(refused.message, /events\.db may not be written: make it and its folder writable/);
  assert.is(await readOnly.position(), 1);
  await readOnly.close();
  await store.close();
});

sqlite.run();
