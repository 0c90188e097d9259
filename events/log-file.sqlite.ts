import { closeSync, openSync, readSync } from 'node:fs';

// The SQLite file of an event log: what is in it, and how it is known.

export const APPLICATION_ID = 0x7061776c; // "pawl": tells Pawl's files from other SQLite databases
export const SCHEMA_VERSION = 1;

/**
 * `pos` is assigned under the write lock, so it has no gaps and is in commit order. `data` and `meta` are the hashed
 * bytes.
 */
export const SCHEMA = `
CREATE TABLE events(
  pos INTEGER PRIMARY KEY,
  stream TEXT NOT NULL, rev INTEGER NOT NULL, id TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL, version INTEGER NOT NULL, time TEXT NOT NULL,
  data TEXT NOT NULL, meta TEXT NOT NULL, prev BLOB NOT NULL, hash BLOB NOT NULL,
  UNIQUE(stream, rev)) STRICT;
CREATE TRIGGER events_are_not_updated BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END;
CREATE TRIGGER events_are_not_deleted BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END;
CREATE TRIGGER events_are_not_replaced BEFORE INSERT ON events
WHEN NEW.pos <= (SELECT max(pos) FROM events) OR EXISTS (SELECT 1 FROM events WHERE id = NEW.id OR (stream = NEW.stream AND rev = NEW.rev))
BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END;
PRAGMA application_id = ${APPLICATION_ID};
PRAGMA user_version = ${SCHEMA_VERSION};`;

/** Everything that SCHEMA makes, by name. */
export const PARTS = ['events', 'events_are_not_updated', 'events_are_not_deleted', 'events_are_not_replaced'];

/** Only in a copy of a log that is elsewhere: how far it was copied. One row. */
export const BOOKMARK_SCHEMA = `
CREATE TABLE IF NOT EXISTS bookmark(
  one INTEGER PRIMARY KEY CHECK(one = 1), made_by TEXT NOT NULL, position INTEGER NOT NULL) STRICT`;

/**
 * The journal mode that is safe with several processes on this SQLite. Up to 3.51.2 a checkpoint in WAL mode could race
 * a commit and corrupt the file (https://sqlite.org/wal.html#walresetbug); those versions get a rollback journal.
 */
export function safeJournalMode(sqliteVersion: string): 'WAL' | 'TRUNCATE' {
  const [major = 0, minor = 0, patch = 0] = sqliteVersion.split('.').map(Number);
  const number = major * 1_000_000 + minor * 1_000 + patch;
  return number >= 3_051_003 && number !== 3_052_000 ? 'WAL' : 'TRUNCATE';
}

/** Whether a file is an event log, damaged or not. */
export function isEventStore(file: string): boolean {
  const head = Buffer.alloc(72);
  const handle = openSync(file, 'r');
  try {
    readSync(handle, head, 0, head.length, 0);
  } finally {
    closeSync(handle);
  }
  return head.readUInt32BE(68) === APPLICATION_ID; // its place in the header: https://www.sqlite.org/fileformat.html
}
