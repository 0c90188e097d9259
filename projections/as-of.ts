import { decode } from '../events/decode.ts';
import { PawlError } from '../events/errors.ts';
import type { EventStore } from '../events/store.ts';
import { type AnyProjection, fold, type Named } from './projection.ts';

/** A moment of the log: after an event, at a position, or the last event recorded at or before an instant. */
export type Moment = { readonly position: number } | { readonly time: Date } | { readonly eventId: string };

/** No event has this id, or no event is at this position. */
export class UnknownMomentError extends PawlError {
  readonly code = 'unknown_moment';
}

/**
 * The position of a moment; 0 if it lies before the first event. A time stands for the last event that was recorded at
 * or before it by its own clock. The log alone gives the order; clocks only select a place in it.
 *
 * @throws {UnknownMomentError}
 */
export async function positionOf(store: EventStore, moment: Moment): Promise<number> {
  if ('time' in moment) return lastAtOrBefore(store, moment.time.toISOString());
  if ('eventId' in moment) {
    const event = await store.find(moment.eventId);
    if (!event) throw new UnknownMomentError(`no event has the id ${moment.eventId}: see \`pawl events list\``);
    return event.position;
  }
  const last = await store.position();
  if (moment.position > last)
    throw new UnknownMomentError(`position ${moment.position} is past the last event, ${last}`);
  return moment.position;
}

async function lastAtOrBefore(store: EventStore, time: string): Promise<number> {
  let found = 0;
  for (let after = 0; ; ) {
    const page = await store.scanAll({ after, limit: 5000 });
    for (const event of page) if (event.time <= time) found = event.position;
    const last = page.at(-1);
    if (!last) return found;
    after = last.position;
  }
}

/**
 * How many events up to a position say that they were recorded after an instant. If there are any, a clock was set back,
 * and the instant names no one place in the log.
 */
export async function laterUpTo(store: EventStore, position: number, time: Date): Promise<number> {
  const instant = time.toISOString();
  let later = 0;
  for (let after = 0; after < position; ) {
    const page = await store.scanAll({ after, limit: Math.min(5000, position - after) });
    const last = page.at(-1);
    if (!last) break;
    later += page.filter((event) => event.time > instant).length;
    after = last.position;
  }
  return later;
}

/** The rows of a projection as they were at a position. They are folded from the log; no table is read or changed. */
export async function asOf<Row>(
  store: EventStore,
  projection: AnyProjection & Named<Row>,
  position: number,
): Promise<Map<string, Row>> {
  const rows = new Map<string, Row>();
  const wanted = new Set<string>(projection.types);
  for (let after = 0; after < position; ) {
    const page = await store.scanAll({ after, limit: Math.min(5000, position - after) });
    const last = page.at(-1);
    if (!last) break;
    fold(rows, projection, page.filter((e) => wanted.has(e.type)).map(decode));
    after = last.position;
  }
  return rows;
}
