import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync, StatementSyncInstance } from '@photostructure/sqlite';
import { StoreError } from './errors.ts';

/** The statements of one open database; each is prepared once. */
export class Statements {
  readonly #db: InstanceType<typeof DatabaseSync>;
  readonly #prepared = new Map<string, StatementSyncInstance>();

  readonly #file: string;
  readonly #remedy: string;

  /** @param file and what to do if it is damaged, for messages */
  constructor(db: InstanceType<typeof DatabaseSync>, file: string, remedy: string) {
    this.#db = db;
    this.#file = file;
    this.#remedy = remedy;
  }

  of(sql: string): StatementSyncInstance {
    const known = this.#prepared.get(sql);
    if (known) return known;
    const statement = this.#db.prepare(sql);
    this.#prepared.set(sql, statement);
    return statement;
  }

  /** The first row, if there is one. @throws {StoreError} if the file cannot be read */
  first(sql: string, ...parameters: (string | number)[]): Record<string, unknown> | undefined {
    return this.#reading(() => this.of(sql).get(...parameters)) as Record<string, unknown> | undefined;
  }

  /** Every row. @throws {StoreError} if the file cannot be read */
  all(sql: string, ...parameters: (string | number)[]): unknown[] {
    return this.#reading(() => this.of(sql).all(...parameters));
  }

  #reading<T>(read: () => T): T {
    try {
      return read();
    } catch (cause) {
      throw this.#told(cause) ?? cause;
    }
  }

  /** The error for something that failed: what is wrong with the file, or else SQLite's own words. */
  failed(what: string, cause: unknown): StoreError {
    const told = this.#told(cause);
    return new StoreError(`${what}: ${told?.message ?? (cause as Error).message}`, { cause });
  }

  #told(cause: unknown): StoreError | null {
    const { message } = cause as Error;
    const [, known] = WHAT.find(([words]) => words.test(message)) ?? [];
    if (known === undefined) return null;
    const what = known === UNREADABLE && isFull(this.#file) ? FULL : known;
    const told = what === DAMAGED ? `${what}: ${this.#remedy}` : what;
    return new StoreError(`${this.#file} ${told} (${message})`, { cause });
  }
}

const DAMAGED = 'is damaged';
const UNREADABLE = 'cannot be read from its disk: look at the system’s log';
const FULL = 'cannot be used, as its disk is full: make room';

/** Where SQLite cannot make the files beside a log, it speaks of an I/O error, also if only the room is missing. */
function isFull(file: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(dirname(file));
    return bavail * bsize < LEAST_BYTES;
  } catch {
    return false;
  }
}

/** SQLite makes the index of a WAL file in steps of this size. */
const LEAST_BYTES = 32 * 1024;

/**
 * What SQLite's messages mean for a reader; not every error of the library has the code. Source:
 * https://www.sqlite.org/rescode.html
 */
const WHAT: readonly (readonly [words: RegExp, what: string])[] = [
  [/is locked/, 'is locked by another process: try again when that is through'],
  [/disk I\/O error/, UNREADABLE],
  [/malformed/, DAMAGED],
  [/readonly database/, 'may not be written: make it and its folder writable for the user that runs pawl'],
  [/is full/, FULL],
  [/is not a database/, 'is no SQLite database: set another path, or put back a copy of the file that was there'],
];
