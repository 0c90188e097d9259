import { setTimeout as sleep } from 'node:timers/promises';
import type { DatabaseSync } from '@photostructure/sqlite';
import type { Statements } from './statements.sqlite.ts';

/** How long a writer waits for others, and how often it asks. Readers wait for nobody if the log is in WAL mode. */
const BUSY_MS = 10_000;
const TRY_MS = 20;

/**
 * Write transactions on one connection. All are IMMEDIATE: a read transaction that becomes a write transaction would
 * fail at once instead of waiting for the lock.
 */
export class Transactions {
  readonly #db: InstanceType<typeof DatabaseSync>;
  readonly #statements: Statements;

  constructor(db: InstanceType<typeof DatabaseSync>, statements: Statements) {
    this.#db = db;
    this.#statements = statements;
    this.#db.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
  }

  /**
   * Waits for its turn without blocking the thread, which may be answering requests meanwhile.
   *
   * @param what is appended to, for messages
   * @throws {StoreError} if another process does not give the lock back
   */
  async run<T>(what: string, work: () => T): Promise<T> {
    for (let waited = 0; !this.#tryBegin(waited >= BUSY_MS, what); waited += TRY_MS) await sleep(TRY_MS);
    return this.#finish(work);
  }

  /** Blocks the thread until its turn has come. */
  runNow<T>(work: () => T): T {
    this.#begin();
    return this.#finish(work);
  }

  /** @returns whether it has begun; false if another process writes @param last whether not to have begun is an error */
  #tryBegin(last: boolean, what: string): boolean {
    this.#db.exec('PRAGMA busy_timeout = 0');
    try {
      this.#begin();
      return true;
    } catch (error) {
      if (!last && isBusy(error)) return false;
      throw this.#statements.failed(`cannot append to ${what}`, error);
    } finally {
      this.#db.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
    }
  }

  #begin(): void {
    this.#db.exec('BEGIN IMMEDIATE');
  }

  #finish<T>(work: () => T): T {
    try {
      const result = work();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error instanceof Error && 'errcode' in error ? this.#statements.failed('cannot be written', error) : error;
    }
  }
}

/** SQLITE_BUSY in the primary code. */
const isBusy = (error: unknown): boolean =>
  ((error as { errcode?: number }).errcode ?? 0) % 256 === 5 || /is locked/.test((error as Error).message);
