import type { Generation, Views, ViewTables } from './views.ts';

type Table = Generation & { readonly name: string; readonly rows: Map<string, string> };

/** Tables in this process's memory; a transaction that throws is undone from a copy. */
export class MemoryViews implements Views, ViewTables {
  #tables: Table[] = [];
  #next = 1;

  transaction<T>(work: (tables: ViewTables) => T): T {
    const before = this.#tables.map((t) => ({ ...t, rows: new Map(t.rows) }));
    try {
      return work(this);
    } catch (error) {
      this.#tables = before;
      throw error;
    }
  }

  generations(name: string): Generation[] {
    return this.#tables
      .filter((t) => t.name === name)
      .map(({ id, version, position, hash, live }) => ({ id, version, position, hash, live }));
  }

  create(name: string, version: number): Generation {
    const generation = { id: this.#next++, version, position: 0, hash: null, live: false };
    this.#tables.push({ ...generation, name, rows: new Map<string, string>() });
    return generation;
  }

  goLive(name: string, id: number): void {
    this.#tables = this.#tables
      .filter((t) => t.name !== name || t.id === id)
      .map((t) => (t.id === id ? { ...t, live: true } : t));
  }

  get(generation: number, key: string): string | undefined {
    return this.#table(generation).rows.get(key);
  }

  put(generation: number, key: string, row: string): void {
    this.#table(generation).rows.set(key, row);
  }

  remove(generation: number, key: string): void {
    this.#table(generation).rows.delete(key);
  }

  checkpoint(generation: number, at: { position: number; hash: string }): void {
    this.#tables = this.#tables.map((t) => (t.id === generation ? { ...t, ...at } : t));
  }

  drop(generation: number): void {
    this.#tables = this.#tables.filter((t) => t.live || t.id !== generation);
  }

  rows(generation: number): Iterable<{ key: string; row: string }> {
    const rows = [...this.#table(generation).rows].map(([key, row]) => ({ key, row, bytes: Buffer.from(key) }));
    return rows.sort((a, b) => Buffer.compare(a.bytes, b.bytes)).map(({ key, row }) => ({ key, row }));
  }

  clear(): void {
    this.#tables = [];
  }

  close(): void {}

  #table(id: number): Table {
    const table = this.#tables.find((t) => t.id === id);
    if (!table) throw new RangeError(`no generation ${id}`);
    return table;
  }
}
