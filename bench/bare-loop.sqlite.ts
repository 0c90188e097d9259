import { DatabaseSync } from '@photostructure/sqlite';
import type { NewEvent } from '../events/envelope.ts';
import { safeJournalMode } from '../events/log-file.sqlite.ts';

const TABLE = `CREATE TABLE IF NOT EXISTS events(
  pos INTEGER PRIMARY KEY,
  stream TEXT NOT NULL, rev INTEGER NOT NULL, id TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL, version INTEGER NOT NULL, time TEXT NOT NULL,
  data TEXT NOT NULL, meta TEXT NOT NULL, prev BLOB NOT NULL, hash BLOB NOT NULL,
  UNIQUE(stream, rev)) STRICT`;

/**
 * The minimal program that puts the same rows on the disk: the store's table and indexes, journal and `synchronous`;
 * one prepared INSERT for each row and one transaction for each batch. No hashes (zeroes of the same size), no revision
 * check, no triggers.
 */
export class BareLoop {
  readonly #db: InstanceType<typeof DatabaseSync>;
  #position = 0;

  constructor(file: string) {
    this.#db = new DatabaseSync(file);
    const version = (this.#db.prepare('SELECT sqlite_version() AS v').get() as { v: string }).v;
    this.#db.exec(`PRAGMA journal_mode = ${safeJournalMode(version)}; PRAGMA synchronous = FULL`);
    this.#db.exec(TABLE);
  }

  /** Inserts the batches as revisions 0, 1, … of a new stream. */
  insert(stream: string, batches: readonly (readonly NewEvent[])[]): void {
    const insert = this.#db.prepare('INSERT INTO events VALUES(?,?,?,?,?,?,?,?,?,?,?)');
    const zero = Buffer.alloc(32);
    let revision = 0;
    for (const batch of batches) {
      this.#db.exec('BEGIN IMMEDIATE');
      for (const { id, type, version, time, data, meta } of batch)
        insert.run(++this.#position, stream, revision++, id, type, version, time, data, meta, zero, zero);
      this.#db.exec('COMMIT');
    }
  }

  close(): void {
    this.#db.close();
  }
}
