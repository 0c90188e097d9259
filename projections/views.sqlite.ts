import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSyncInstance } from '@photostructure/sqlite';
import { StoreError } from '../events/errors.ts';
import { safeJournalMode } from '../events/store.sqlite.ts';
import type { Generation, Views, ViewTables } from './views.ts';

const SCHEMA = `
CREATE TABLE IF NOT EXISTS generations(
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, version INTEGER NOT NULL,
  position INTEGER NOT NULL DEFAULT 0, live INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS one_live ON generations(name) WHERE live = 1;
CREATE TABLE IF NOT EXISTS rows(
  generation INTEGER NOT NULL REFERENCES generations(id) ON DELETE CASCADE, key TEXT NOT NULL, row TEXT NOT NULL,
  PRIMARY KEY(generation, key)) STRICT, WITHOUT ROWID;`;

/** Tables in one SQLite file, apart from the log: it may be deleted at any time and is then built again. */
export class SqliteViews implements Views, ViewTables {
  readonly #db: InstanceType<typeof DatabaseSync>;
  readonly #statements = new Map<string, StatementSyncInstance>();

  /** @throws {StoreError} if the file cannot be opened */
  constructor(file: string) {
    try {
      mkdirSync(dirname(file), { recursive: true });
      this.#db = new DatabaseSync(file);
      this.#db.exec('PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = ON');
      this.#db.exec(`PRAGMA journal_mode = ${safeJournalMode(this.#one('SELECT sqlite_version() AS v')?.v as string)}`);
      this.#db.exec('PRAGMA synchronous = NORMAL'); // a lost tail is folded again from the log
      this.#db.exec(SCHEMA);
    } catch (cause) {
      throw new StoreError(`cannot open the views ${file} (it may be deleted): ${(cause as Error).message}`, { cause });
    }
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
    const rows = this.#statement('SELECT id, version, position, live FROM generations WHERE name = ? ORDER BY id').all(
      name,
    );
    return (rows as { id: number; version: number; position: number; live: number }[]).map((g) => ({
      ...g,
      live: g.live === 1,
    }));
  }

  create(name: string, version: number): Generation {
    const row = this.#one('INSERT INTO generations(name, version) VALUES(?, ?) RETURNING id', name, version);
    return { id: row?.id as number, version, position: 0, live: false };
  }

  goLive(name: string, id: number): void {
    this.#statement('DELETE FROM generations WHERE name = ? AND id <> ?').run(name, id);
    this.#statement('UPDATE generations SET live = 1 WHERE id = ?').run(id);
  }

  get(generation: number, key: string): string | undefined {
    return this.#one('SELECT row FROM rows WHERE generation = ? AND key = ?', generation, key)?.row as
      | string
      | undefined;
  }

  put(generation: number, key: string, row: string): void {
    this.#statement('INSERT INTO rows VALUES(?, ?, ?) ON CONFLICT DO UPDATE SET row = excluded.row').run(
      generation,
      key,
      row,
    );
  }

  remove(generation: number, key: string): void {
    this.#statement('DELETE FROM rows WHERE generation = ? AND key = ?').run(generation, key);
  }

  checkpoint(generation: number, position: number): void {
    this.#statement('UPDATE generations SET position = ? WHERE id = ?').run(position, generation);
  }

  *rows(generation: number): Iterable<{ key: string; row: string }> {
    const page = this.#statement('SELECT key, row FROM rows WHERE generation = ? AND key > ? ORDER BY key LIMIT 1000');
    for (let after = '', got = 1000; got === 1000; ) {
      const rows = page.all(generation, after) as { key: string; row: string }[];
      got = rows.length;
      after = rows.at(-1)?.key ?? after;
      for (const { key, row } of rows) yield { key, row };
    }
  }

  clear(): void {
    this.#db.exec('DELETE FROM generations');
  }

  close(): void {
    if (this.#db.isOpen) this.#db.close();
  }

  #one(sql: string, ...parameters: (string | number)[]): Record<string, unknown> | undefined {
    return this.#statement(sql).get(...parameters) as Record<string, unknown> | undefined;
  }

  #statement(sql: string): StatementSyncInstance {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}
