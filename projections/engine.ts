import { createHash } from 'node:crypto';
import { canonicalJson } from '../events/canonical-json.ts';
import { decode, type ReadableEvent } from '../events/decode.ts';
import type { RecordedEvent } from '../events/envelope.ts';
import type { EventStore } from '../events/store.ts';
import { type AnyProjection, fold, type Named } from './projection.ts';
import { type Generation, ViewNewerError, type Views, ViewsBusyError, type ViewTables } from './views.ts';

const PAGE = 5000;

/** There is no such position: another process replaced a build while it was read. */
const REPLACED = -1;

/** Every time another process has built the views anew; it does so when its version of a view is another. */
const MOST_REPLACED = 20;

type Build = { readonly projection: AnyProjection; readonly types: ReadonlySet<string>; generation: Generation };

/**
 * Keeps the tables of some projections up to date with a log.
 * Safe to run from several processes at once, and to kill at any instant: each page of events and its checkpoint are one transaction.
 */
export class Engine {
  readonly #store: EventStore;
  readonly #views: Views;
  readonly #projections: readonly AnyProjection[];

  constructor(store: EventStore, views: Views, projections: readonly AnyProjection[]) {
    this.#store = store;
    this.#views = views;
    this.#projections = projections;
  }

  /**
   * Folds every event that is not folded yet, for all projections in one pass over the log. A projection with a new
   * version, or a table of another log or of more of this log than there is, is built beside the live table, which it
   * replaces when it has caught up.
   *
   * @returns the last position that the views have folded
   * @throws {ViewNewerError} a newer Pawl owns a view
   * @throws {ViewsBusyError}
   * @throws {UnreadableEventError} an event of a wanted type cannot be read
   */
  async catchUp(onPage?: (position: number) => void): Promise<number> {
    for (let attempt = 1; attempt <= MOST_REPLACED; attempt++) {
      const strange = await this.#strange();
      const builds = this.#projections.map((projection) => this.#currentBuild(projection, strange));
      const position = await this.#advance(builds, onPage);
      if (position === REPLACED) continue;
      this.#swapIn(builds);
      return position;
    }
    throw new ViewsBusyError(
      `other processes rebuilt the views ${MOST_REPLACED} times while this one read the log: try again when they are through`,
    );
  }

  /** Builds every table again from the first event, beside the live one, which it then replaces. */
  async rebuild(onPage?: (position: number) => void): Promise<number> {
    const builds = this.#projections.map((projection) => this.#newBuild(projection));
    const position = await this.#advance(builds, onPage);
    if (position === REPLACED) return this.catchUp(onPage); // another rebuild finished first
    this.#swapIn(builds);
    return position;
  }

  /** The rows of a projection, by key, as of the last `catchUp`. */
  *rows<Row>(projection: Named<Row>): Iterable<Row> {
    const live = this.#live(projection);
    if (live) for (const { row } of this.#views.rows(live.id)) yield JSON.parse(row) as Row;
  }

  /** One row, or undefined. */
  get<Row>(projection: Named<Row>, key: string): Row | undefined {
    return this.#views.transaction((tables) => {
      const live = tables.generations(projection.name).find((g) => g.live);
      const row = live && tables.get(live.id, key);
      return row === undefined ? undefined : (JSON.parse(row) as Row);
    });
  }

  /**
   * SHA-256 over a projection's keys and rows: the same for the same log, however and however often the table was
   * built.
   */
  digest(projection: { readonly name: string }): string {
    const hash = createHash('sha256');
    const live = this.#live(projection);
    if (live)
      for (const { key, row } of this.#views.rows(live.id))
        hash.update(`${Buffer.byteLength(key)}:${key}${Buffer.byteLength(row)}:${row}`);
    return `sha256:${hash.digest('hex')}`;
  }

  #live(projection: { readonly name: string }): Generation | undefined {
    return this.#views.transaction((tables) => tables.generations(projection.name).find((g) => g.live));
  }

  /** Generations whose checkpoint is no event of this log: the log was replaced, or lost events. */
  async #strange(): Promise<ReadonlySet<number>> {
    const strange = new Set<number>();
    const hashes = new Map<number, string | undefined>();
    for (const { name } of this.#projections)
      for (const { id, position, hash } of this.#views.transaction((tables) => tables.generations(name))) {
        if (position === 0) continue;
        if (!hashes.has(position)) hashes.set(position, await this.#hashAt(position));
        if (hash === null || hash !== hashes.get(position)) strange.add(id);
      }
    return strange;
  }

  async #hashAt(position: number): Promise<string | undefined> {
    const [event] = await this.#store.readAll({ after: position - 1, limit: 1 });
    return event?.position === position ? event.hash : undefined;
  }

  #currentBuild(projection: AnyProjection, strange: ReadonlySet<number>): Build {
    return this.#views.transaction((tables) => {
      const generations = tables.generations(projection.name);
      const live = generations.find((g) => g.live);
      if (live && live.version > projection.version)
        throw new ViewNewerError(projection.name, live.version, projection.version);
      for (const { id } of generations) if (strange.has(id)) tables.drop(id);
      const usable = generations.filter((g) => g.version === projection.version && !strange.has(g.id));
      const generation =
        usable.find((g) => g.live) ?? usable.at(-1) ?? tables.create(projection.name, projection.version);
      return { projection, generation, types: new Set<string>(projection.types) };
    });
  }

  #newBuild(projection: AnyProjection): Build {
    const generation = this.#views.transaction((tables) => tables.create(projection.name, projection.version));
    return { projection, generation, types: new Set<string>(projection.types) };
  }

  async #advance(builds: readonly Build[], onPage?: (position: number) => void): Promise<number> {
    for (;;) {
      const after = Math.min(...builds.map((b) => b.generation.position));
      const page = await this.#store.scanAll({ after, limit: PAGE });
      const last = page.at(-1);
      if (!last) return after;
      const events = readable(page, builds);
      const hash = await this.#hashAt(last.position);
      if (hash === undefined) return REPLACED; // the log lost events while it was read
      const until = { position: last.position, hash };
      const folded = this.#views.transaction((tables) => builds.every((b) => foldPage(tables, b, events, until)));
      if (!folded) return REPLACED;
      onPage?.(last.position);
    }
  }

  #swapIn(builds: readonly Build[]): void {
    this.#views.transaction((tables) => {
      for (const { projection, generation } of builds) {
        const known = tables.generations(projection.name);
        if (known.some((g) => g.id === generation.id && !g.live)) tables.goLive(projection.name, generation.id);
      }
    });
  }
}

/** Events that no projection wants are not decoded. */
function readable(page: readonly ReadableEvent[], builds: readonly Build[]): RecordedEvent[] {
  return page.filter((e) => builds.some((b) => b.types.has(e.type))).map(decode);
}

/** Another process may have folded this page already. The checkpoint, read again inside the transaction, tells. */
function foldPage(
  tables: ViewTables,
  build: Build,
  events: readonly RecordedEvent[],
  until: { readonly position: number; readonly hash: string },
): boolean {
  const { projection, types } = build;
  const now = tables.generations(projection.name).find((g) => g.id === build.generation.id);
  if (!now) return false; // another process has rebuilt the table meanwhile
  const touched = new TableRows(tables, now.id);
  if (now.position < until.position) {
    fold(
      touched,
      projection,
      events.filter((e) => e.position > now.position && types.has(e.type)),
    );
    touched.save();
    tables.checkpoint(now.id, until);
  }
  build.generation = now.position < until.position ? { ...now, ...until } : now;
  return true;
}

/** The rows of a table as a map: each is read when it is first asked for, and all are written back together. */
class TableRows extends Map<string, unknown> {
  readonly #tables: ViewTables;
  readonly #generation: number;
  readonly #removed = new Set<string>();

  constructor(tables: ViewTables, generation: number) {
    super();
    this.#tables = tables;
    this.#generation = generation;
  }

  override get(key: string): unknown {
    if (super.has(key) || this.#removed.has(key)) return super.get(key);
    const row = this.#tables.get(this.#generation, key);
    return row === undefined ? undefined : JSON.parse(row);
  }

  override delete(key: string): boolean {
    this.#removed.add(key);
    return super.delete(key);
  }

  save(): void {
    for (const key of this.#removed) if (!super.has(key)) this.#tables.remove(this.#generation, key);
    for (const [key, row] of this) this.#tables.put(this.#generation, key, canonicalJson(row));
  }
}
