import type { EventType } from '../events/catalogue.ts';
import type { RecordedEvent } from '../events/envelope.ts';

/** The events of some types. */
export type EventOf<T extends EventType> = Extract<RecordedEvent, { type: T }>;

/**
 * A view of the log: a table of rows. Each row is the fold of the events that have its key.
 *
 * `key` and `evolve` are pure and total: a recorded event is a fact, and the view only interprets it. They must not
 * throw, read a clock, or change the row they are given. A row must stay bounded however many events it has seen. Raise
 * `version` with every change of meaning: the table is then built again beside the live one, which it replaces.
 */
export type Projection<Row, T extends EventType = EventType> = {
  readonly name: string;
  readonly version: number;
  /** Events of other types are not read and not passed to it. */
  readonly types: readonly T[];
  /** The keys of the rows that an event belongs to. */
  readonly keys: (event: EventOf<T>) => readonly string[];
  /** @param row what earlier events made of the row with this key; undefined before the first event */
  readonly evolve: (row: Row | undefined, event: EventOf<T>, key: string) => Row | undefined;
};

/** A projection of which only the name and the shape of its rows matter. */
export type Named<Row> = Pick<Projection<Row, never>, 'name'> & {
  readonly evolve: (...args: never[]) => Row | undefined;
};

/** A projection without the types of its events: what an engine works with. */
export type AnyProjection = {
  readonly name: string;
  readonly version: number;
  readonly types: readonly EventType[];
  readonly keys: (event: never) => readonly string[];
  readonly evolve: (row: never, event: never, key: string) => unknown;
};

/** Folds events in memory, into a map that may hold rows already. */
export function fold(rows: Map<string, unknown>, projection: AnyProjection, events: Iterable<RecordedEvent>): void {
  const wanted = new Set<string>(projection.types);
  for (const event of events) {
    if (!wanted.has(event.type)) continue;
    for (const key of projection.keys(event as never)) {
      const row = projection.evolve(rows.get(key) as never, event as never, key);
      if (row === undefined) rows.delete(key);
      else rows.set(key, row);
    }
  }
}
