import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { DatabaseSync } from '@photostructure/sqlite';
import { StoreError } from '../events/errors.ts';
import { APPLICATION_ID, safeJournalMode } from '../events/log-file.sqlite.ts';
import { Statements } from '../events/statements.sqlite.ts';
import type { Generation, Views, ViewTables } from './views.ts';

const SCHEMA = `
CREATE TABLE IF NOT EXISTS generations(
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, version INTEGER NOT NULL,
  position INTEGER NOT NULL DEFAULT 0, live INTEGER NOT NULL DEFAULT 0, hash TEXT) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS one_live ON generations(name) WHERE live = 1;
CREATE TABLE IF NOT EXISTS rows(
  generation INTEGER NOT NULL REFERENCES generations(id) ON DELETE CASCADE, key TEXT NOT NULL, row TEXT NOT NULL,
  sum INTEGER NOT NULL, PRIMARY KEY(generation, key)) STRICT, WITHOUT ROWID;`;

/** Tables in one SQLite file, apart from the log. The file may be deleted at any time and is then built again. */
export class SqliteViews implements Views, ViewTables {
  readonly #db: InstanceType<typeof DatabaseSync>;
  readonly #statements: Statements;

  /** @throws {StoreError} if the file cannot be opened */
  constructor(file: string) {
    try {
      mkdirSync(dirname(file), { recursive: true });
      this.#db = new DatabaseSync(file);
      this.#statements = new Statements(this.#db, file, 'delete it, and it is made again');
      this.#db.exec('PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = ON');
      if (this.#statements.first('PRAGMA application_id')?.application_id === APPLICATION_ID) throw notViews(file);
      this.#db.exec(
        `PRAGMA journal_mode = ${safeJournalMode(this.#statements.first('SELECT sqlite_version() AS v')?.v as string)}`,
      );
      this.#db.exec('PRAGMA synchronous = NORMAL'); // what a power cut loses is folded again from the log
      this.#db.exec(SCHEMA);
      this.#addHash();
    } catch (cause) {
      if (cause instanceof NotViewsError) throw cause;
      throw new StoreError(`cannot open the views ${file} (it may be deleted): ${(cause as Error).message}`, { cause });
    }
  }

  /** Files of an earlier Pawl have no hashes. */
  #addHash(): void {
    this.transaction(() => {
      const columns = this.#statements.of('SELECT name FROM pragma_table_info(?)').all('generations');
      const there = (columns as { name: string }[]).some(({ name }) => name === 'hash');
      if (!there) this.#db.exec('ALTER TABLE generations ADD COLUMN hash TEXT');
    });
  }

  transaction<T>(work: (tables: ViewTables) => T): T {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const result = work(this);
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  generations(name: string): Generation[] {
    const rows = this.#statements
      .of('SELECT id, version, position, hash, live FROM generations WHERE name = ? ORDER BY id')
      .all(name);
    return (rows as (Omit<Generation, 'live'> & { live: number })[]).map((g) => ({
      ...g,
      live: g.live === 1,
    }));
  }

  create(name: string, version: number): Generation {
    const row = this.#statements.first(
      'INSERT INTO generations(name, version) VALUES(?, ?) RETURNING id',
      name,
      version,
    );
    return { id: row?.id as number, version, position: 0, hash: null, live: false };
  }

  goLive(name: string, id: number): void {
    this.#statements.of('DELETE FROM generations WHERE name = ? AND id <> ?').run(name, id);
    this.#statements.of('UPDATE generations SET live = 1 WHERE id = ?').run(id);
  }

  get(generation: number, key: string): string | undefined {
    return this.#statements.first('SELECT row FROM rows WHERE generation = ? AND key = ?', generation, key)?.row as
      | string
      | undefined;
  }

  put(generation: number, key: string, row: string): void {
    this.#statements
      .of('INSERT INTO rows VALUES(?, ?, ?, ?) ON CONFLICT DO UPDATE SET row = excluded.row, sum = excluded.sum')
      .run(generation, key, row, sumOf(generation, key, row));
  }

  remove(generation: number, key: string): void {
    this.#statements.of('DELETE FROM rows WHERE generation = ? AND key = ?').run(generation, key);
  }

  checkpoint(generation: number, { position, hash }: { position: number; hash: string }): void {
    this.#statements.of('UPDATE generations SET position = ?, hash = ? WHERE id = ?').run(position, hash, generation);
  }

  drop(generation: number): void {
    this.#statements.of('DELETE FROM generations WHERE id = ? AND live = 0').run(generation);
  }

  *rows(generation: number): Iterable<{ key: string; row: string }> {
    const page = this.#statements.of(
      'SELECT key, row FROM rows WHERE generation = ? AND key > ? ORDER BY key LIMIT 1000',
    );
    for (let after = '', got = 1000; got === 1000; ) {
      const rows = page.all(generation, after) as { key: string; row: string }[];
      got = rows.length;
      after = rows.at(-1)?.key ?? after;
      for (const { key, row } of rows) yield { key, row };
    }
  }

  /** Whether the file is as it was written, as far as SQLite's own check and the sums of the rows tell. */
  isWhole(): boolean {
    if (this.#statements.first('PRAGMA integrity_check(1)')?.integrity_check !== 'ok') return false;
    for (const each of this.#statements.of('SELECT generation, key, row, sum FROM rows').iterate()) {
      const { generation, key, row, sum } = each as { generation: number; key: string; row: string; sum: number };
      if (sum !== sumOf(generation, key, row)) return false;
    }
    return true;
  }

  clear(): void {
    this.#db.exec('DELETE FROM generations');
  }

  close(): void {
    if (this.#db.isOpen) this.#db.close();
  }
}

/** The file is an event log: nothing is written there. */
class NotViewsError extends StoreError {}

export const notViews = (file: string): StoreError =>
  new NotViewsError(`${file} is an event log, and no views: set events.views to another file`);

/** SQLite has no sums of its own: it gives the bytes that the disk gives. */
export const sumOf = (generation: number, key: string, row: string): number => crc32(`${generation}:${key}:${row}`);
