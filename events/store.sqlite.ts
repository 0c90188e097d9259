import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseSync } from '@photostructure/sqlite';
import type { LogView } from './append-plan.ts';
import { CHAIN_START, linkBatch } from './chain.ts';
import type { ReadableEvent } from './decode.ts';
import type { NewEvent, StoredEvent } from './envelope.ts';
import { LogBranchError, PartialRetryError, StoreError, StreamConflictError } from './errors.ts';
import { APPLICATION_ID, BOOKMARK_SCHEMA, PARTS, SCHEMA, SCHEMA_VERSION, safeJournalMode } from './log-file.sqlite.ts';
import { Statements } from './statements.sqlite.ts';
import { type CopyableStore, checkAppend, NO_STREAM } from './store.ts';
import { Transactions } from './transactions.sqlite.ts';

const READABLE = 'pos AS position, stream, rev AS revision, id, type, version, time, data';
const STORED = `${READABLE}, meta, lower(hex(prev)) AS prev, lower(hex(hash)) AS hash`;

/** How far a copy follows its log: the commit that was copied last, and the last position then. */
export type Bookmark = { readonly commit: string; readonly position: number };

type Options = {
  readonly readOnly?: boolean;
  readonly pollMs?: number;
  /** Whether the file is a copy of a log that is elsewhere, written by `adopt` only. */
  readonly copy?: boolean;
};

/**
 * The log in one SQLite file. Any number of processes of one machine may write it. Every append is on the disk when it
 * returns.
 */
export class SqliteStore implements CopyableStore {
  readonly #db: InstanceType<typeof DatabaseSync>;
  readonly #statements: Statements;
  readonly #transactions: Transactions;
  readonly #pollMs: number;

  /** @throws {StoreError} if the file cannot be opened, is not a Pawl log, or was written by a newer Pawl */
  constructor(file: string, { readOnly = false, pollMs = 200, copy = false }: Options = {}) {
    this.#pollMs = pollMs;
    try {
      if (!readOnly) mkdirSync(dirname(file), { recursive: true });
      this.#db = new DatabaseSync(file, { readOnly });
      this.#statements = new Statements(
        this.#db,
        file,
        copy
          ? 'delete it, and it is made again'
          : 'put back a copy that `pawl events backup` made, with `pawl events restore FILE`',
      );
      this.#transactions = new Transactions(this.#db, this.#statements);
      if (!readOnly) this.#prepareFile();
      this.#checkFile();
      if (!readOnly) this.#checkKind(file, copy);
    } catch (cause) {
      if (cause instanceof StoreError) throw cause;
      throw new StoreError(`cannot open the event store ${file}: ${(cause as Error).message}`, { cause });
    }
  }

  #prepareFile(): void {
    const version = this.#statements.first('SELECT sqlite_version() AS v')?.v as string;
    const wanted = safeJournalMode(version);
    const { journal_mode } = this.#statements.first('PRAGMA journal_mode') ?? {};
    if (journal_mode !== wanted.toLowerCase()) this.#db.exec(`PRAGMA journal_mode = ${wanted}`);
    this.#db.exec('PRAGMA synchronous = FULL'); // needed per connection: a reopened WAL file silently gets NORMAL
    // A log that is there is opened without a write, which would have to wait for other writers.
    if (this.#statements.first('PRAGMA application_id')?.application_id === APPLICATION_ID) return;
    this.#transactions.runNow(() => {
      const empty = this.#statements.first('SELECT count(*) AS n FROM sqlite_master')?.n === 0;
      if (empty) this.#db.exec(SCHEMA);
    });
  }

  #checkFile(): void {
    if (this.#statements.first('PRAGMA application_id')?.application_id !== APPLICATION_ID)
      throw new StoreError('this SQLite file is not a Pawl event store: point events.path at another file');
    if ((this.#statements.first('PRAGMA user_version')?.user_version as number) > SCHEMA_VERSION)
      throw new StoreError('this event store was written by a newer Pawl: update Pawl');
  }

  #checkKind(file: string, copy: boolean): void {
    const bookmark = this.bookmark();
    if (bookmark && !copy)
      throw new StoreError(
        `${file} is a copy of a log that lives on a git branch: set events.store to git, or events.path to another file`,
      );
    const last = this.#last();
    if (copy && last !== (bookmark?.position ?? 0))
      throw new StoreError(
        `${file} has ${last} events, of which ${bookmark?.position ?? 0} came from the branch: it is another log, or was written to by itself; set events.path to another file`,
      );
  }

  async append(stream: string, expected: number, events: readonly NewEvent[]): Promise<StoredEvent[]> {
    checkAppend(stream, expected, events);
    return this.#transactions.run(stream, () => {
      const last = this.#statements.first(
        'SELECT rev, hash FROM events WHERE stream = ? ORDER BY rev DESC LIMIT 1',
        stream,
      );
      const revision = (last?.rev as number | undefined) ?? NO_STREAM;
      if (revision !== expected) return this.#repeated(stream, expected, revision, events);
      const hash = last ? Buffer.from(last.hash as Uint8Array).toString('hex') : CHAIN_START;
      const stored = linkBatch(stream, { revision, hash }, events, this.#last());
      this.#insert(stored, expected);
      return stored;
    });
  }

  #insert(events: readonly StoredEvent[], expected: number): void {
    const insert = this.#statements.of('INSERT INTO events VALUES(?,?,?,?,?,?,?,?,?,?,?)');
    let prev = Buffer.from(events[0]?.prev ?? '', 'hex');
    try {
      for (const e of events) {
        const hash = Buffer.from(e.hash, 'hex');
        insert.run(e.position, e.stream, e.revision, e.id, e.type, e.version, e.time, e.data, e.meta, prev, hash);
        prev = hash;
      }
    } catch (error) {
      const { stream } = events[0] as StoredEvent;
      if (isConstraintViolation(error)) throw new PartialRetryError(stream, this.#present(events), events.length);
      throw this.#statements.failed(`cannot append to ${stream}@${expected}`, error);
    }
  }

  #repeated(stream: string, expected: number, actual: number, events: readonly NewEvent[]): StoredEvent[] {
    const found = this.#stream(stream, expected + 1, events.length);
    if (found.length === events.length && found.every((e, i) => e.id === events[i]?.id)) return found;
    const present = this.#present(events);
    if (present > 0) throw new PartialRetryError(stream, present, events.length);
    throw new StreamConflictError(stream, expected, actual);
  }

  #present(events: readonly NewEvent[]): number {
    return events.filter((e) => this.#statements.first('SELECT 1 FROM events WHERE id = ?', e.id) !== undefined).length;
  }

  #stream(stream: string, from: number, limit: number): StoredEvent[] {
    const sql = `SELECT ${STORED} FROM events WHERE stream = ? AND rev >= ? ORDER BY rev LIMIT ?`;
    return this.#statements.all(sql, stream, from, limit).map(plain);
  }

  async readStream(stream: string, { from = 0, limit = 1000 } = {}): Promise<StoredEvent[]> {
    return this.#stream(stream, from, limit);
  }

  async readAll({ after = 0, limit = 1000 } = {}): Promise<StoredEvent[]> {
    const sql = `SELECT ${STORED} FROM events WHERE pos > ? ORDER BY pos LIMIT ?`;
    return this.#statements.all(sql, after, limit).map(plain);
  }

  async scanAll({ after = 0, limit = 1000 } = {}): Promise<ReadableEvent[]> {
    const sql = `SELECT ${READABLE} FROM events WHERE pos > ? ORDER BY pos LIMIT ?`;
    return this.#statements.all(sql, after, limit).map((row) => whole(row as ReadableEvent));
  }

  async position(): Promise<number> {
    return this.#last();
  }

  #last(): number {
    return (this.#statements.first('SELECT max(pos) AS p FROM events')?.p as number | null) ?? 0;
  }

  async find(id: string): Promise<StoredEvent | null> {
    const row = this.#statements.first(`SELECT ${STORED} FROM events WHERE id = ?`, id);
    return row ? plain(row) : null;
  }

  async *subscribe({ after, signal }: { after: number; signal: AbortSignal }): AsyncIterable<StoredEvent[]> {
    let seen = after;
    while (!signal.aborted) {
      const page = await this.readAll({ after: seen });
      const last = page.at(-1);
      if (last) {
        seen = last.position;
        yield page;
      } else await sleep(this.#pollMs, undefined, { signal }).catch(() => {});
    }
  }

  /**
   * Pages that are lost or used twice, and indexes that lack rows, as SQLite's own check finds them; at most twenty.
   */
  async damage(): Promise<string[]> {
    try {
      const rows = this.#statements.all('PRAGMA integrity_check(20)') as { integrity_check: string }[];
      return rows.map((row) => row.integrity_check).filter((line) => line !== 'ok');
    } catch (error) {
      if (error instanceof StoreError) return [error.message];
      throw error;
    }
  }

  /**
   * Writes a consistent copy of the whole log to a new file, while others may go on writing.
   * @throws {StoreError} if the file exists
   */
  async copyTo(file: string): Promise<void> {
    try {
      this.#statements.of('VACUUM INTO ?').run(file);
    } catch (cause) {
      throw new StoreError(`cannot copy the event store to ${file}: ${(cause as Error).message}`, { cause });
    }
  }

  /** What this file has besides the tables and triggers of a log, or lacks of them: their names. */
  oddParts(): string[] {
    const rows = this.#statements.all(
      "SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' AND name <> 'bookmark'",
    );
    const names = rows.map((row) => (row as { name: string }).name);
    return [...PARTS.filter((part) => !names.includes(part)), ...names.filter((name) => !PARTS.includes(name))];
  }

  /** How far this copy follows its log; null if this file is the log itself, or empty. */
  bookmark(): Bookmark | null {
    if (!this.#statements.first("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'bookmark'")) return null;
    const row = this.#statements.first('SELECT made_by, position FROM bookmark');
    return row ? { commit: row.made_by as string, position: row.position as number } : null;
  }

  /** What this copy knows, all from one moment. */
  look<T>(work: (view: LogView, bookmark: Bookmark | null) => T): T {
    this.#db.exec('BEGIN');
    try {
      return work(this.#view(), this.bookmark());
    } finally {
      this.#db.exec('COMMIT');
    }
  }

  #view(): LogView {
    return {
      position: this.#last(),
      head: (stream) => this.head(stream),
      slice: (stream, from, limit) => this.#stream(stream, from, limit),
      has: (id) => this.#statements.first('SELECT 1 FROM events WHERE id = ?', id) !== undefined,
    };
  }

  /** Revision and hash of a stream's last event, or of its last one up to a position. */
  head(stream: string, until = Number.MAX_SAFE_INTEGER): { revision: number; hash: string } | null {
    const sql =
      'SELECT rev AS revision, lower(hex(hash)) AS hash FROM events WHERE stream = ? AND pos <= ? ORDER BY rev DESC LIMIT 1';
    return (this.#statements.first(sql, stream, until) as { revision: number; hash: string } | undefined) ?? null;
  }

  /**
   * Stores events with the positions and hashes that another log gave them, and how far that log was copied: all or
   * nothing. The caller has checked their chains. Events that are already here change nothing.
   *
   * @throws {LogBranchError} if this copy has other events at those positions
   */
  async adopt(events: readonly StoredEvent[], to: Bookmark): Promise<void> {
    await this.#transactions.run('the copy', () => {
      this.#db.exec(BOOKMARK_SCHEMA);
      const last = this.#last();
      const differs = events.find((e) => e.position <= last && this.#hashAt(e.position) !== e.hash);
      const fresh = events.filter((e) => e.position > last);
      if (differs || (fresh[0] && fresh[0].position !== last + 1))
        throw new LogBranchError(
          `the local copy and the log differ at event ${differs?.position ?? last + 1}: delete the file at events.path if it is a copy, it is made again; else set events.path to another file`,
        );
      for (const event of fresh) this.#put(event);
      if (to.position > (this.bookmark()?.position ?? 0))
        this.#statements.of('REPLACE INTO bookmark VALUES(1, ?, ?)').run(to.commit, to.position);
    });
  }

  #hashAt(position: number): string | undefined {
    return this.#statements.first('SELECT lower(hex(hash)) AS hash FROM events WHERE pos = ?', position)?.hash as
      | string
      | undefined;
  }

  #put(e: StoredEvent): void {
    const insert = this.#statements.of('INSERT INTO events VALUES(?,?,?,?,?,?,?,?,?,?,?)');
    const [prev, hash] = [Buffer.from(e.prev, 'hex'), Buffer.from(e.hash, 'hex')];
    try {
      insert.run(e.position, e.stream, e.revision, e.id, e.type, e.version, e.time, e.data, e.meta, prev, hash);
    } catch (cause) {
      if (isConstraintViolation(cause))
        throw new LogBranchError(`event ${e.position} (${e.stream}@${e.revision}) repeats an id or a revision`, {
          cause,
        });
      throw new StoreError(`cannot copy event ${e.position}: ${(cause as Error).message}`, { cause });
    }
  }

  /** What this connection does at a commit, as SQLite reports it. */
  durability(): { journal: string; synchronous: string } {
    const synchronous = this.#statements.first('PRAGMA synchronous')?.synchronous as number;
    return {
      journal: this.#statements.first('PRAGMA journal_mode')?.journal_mode as string,
      synchronous: ['off', 'normal', 'full', 'extra'][synchronous] ?? String(synchronous),
    };
  }

  async close(): Promise<void> {
    if (this.#db.isOpen) this.#db.close();
  }
}

/** SQLite's rows have no prototype, which would surprise callers. */
const plain = (row: unknown): StoredEvent => whole({ ...(row as StoredEvent) });

const TEXTS = ['stream', 'id', 'type', 'time', 'data', 'meta', 'prev', 'hash'] as const;

/** Columns that a damaged file gives as null or bytes become empty text, which no hash and no shape fits. */
function whole<E extends ReadableEvent>(row: E): E {
  const texts = row as Partial<Record<(typeof TEXTS)[number], unknown>>;
  for (const column of TEXTS) if (column in row && typeof texts[column] !== 'string') texts[column] = '';
  return row;
}

/**
 * SQLITE_CONSTRAINT in the primary code: a unique index or the append-only trigger found that the id is already stored.
 */
const isConstraintViolation = (error: unknown): boolean => {
  return ((error as { errcode?: number }).errcode ?? 0) % 256 === 19;
};
