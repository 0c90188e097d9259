import type { DatabaseSync, StatementSyncInstance } from '@photostructure/sqlite';

/** The statements of one open database; each is prepared once. */
export class Statements {
  readonly #db: InstanceType<typeof DatabaseSync>;
  readonly #prepared = new Map<string, StatementSyncInstance>();

  constructor(db: InstanceType<typeof DatabaseSync>) {
    this.#db = db;
  }

  of(sql: string): StatementSyncInstance {
    const known = this.#prepared.get(sql);
    if (known) return known;
    const statement = this.#db.prepare(sql);
    this.#prepared.set(sql, statement);
    return statement;
  }

  /** The first row, or nothing. */
  first(sql: string, ...parameters: (string | number)[]): Record<string, unknown> | undefined {
    return this.of(sql).get(...parameters) as Record<string, unknown> | undefined;
  }
}
