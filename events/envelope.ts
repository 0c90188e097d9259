import * as z from 'zod';
import { canonicalJson } from './canonical-json.ts';
import { catalogue, type EventData, type EventType, type Fact } from './catalogue.ts';
import { InvalidEventError } from './errors.ts';
import { eventId } from './ids.ts';
import { Meta } from './values.ts';

/** An event as bytes, ready to be appended: `data` and `meta` are canonical JSON, exactly what is hashed and stored. */
export type NewEvent = {
  readonly id: string;
  readonly type: string;
  readonly version: number;
  readonly time: string;
  readonly data: string;
  readonly meta: string;
};

/** An event in the log. `position` counts the store's events from 1, `revision` the stream's from 0; hashes are 64 hex digits. */
export type StoredEvent = NewEvent & {
  readonly stream: string;
  readonly revision: number;
  readonly position: number;
  readonly prev: string;
  readonly hash: string;
};

/** A decoded event: today's shape of its data, whatever version was stored. */
export type RecordedEvent = { [T in EventType]: RecordedEventOf<T> }[EventType];
export type RecordedEventOf<T extends EventType> = {
  readonly position: number;
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  readonly time: string;
  readonly type: T;
  readonly data: EventData<T>;
};

/**
 * Who asked for what: the part of an event that its command knows. Because of `commandId`, a retry writes the same ids.
 */
export type Command = { readonly commandId: string; readonly time: Date } & Meta;

/**
 * Turns facts into events of one command, checked against the catalogue.
 *
 * @throws {InvalidEventError} naming every problem of every fact; then no event is returned
 */
export function encodeFacts(command: Command, facts: readonly Fact[]): NewEvent[] {
  const { commandId, time, ...rest } = command;
  const meta = canonicalJson(Meta.parse(rest));
  const instant = time.toISOString();
  return facts.map((fact, index) => ({
    id: eventId(commandId, index),
    type: fact.type,
    version: catalogue[fact.type].version,
    time: instant,
    data: canonicalJson(checked(fact)),
    meta,
  }));
}

function checked({ type, data }: Fact): unknown {
  const result = catalogue[type].schema.safeParse(data);
  if (result.success) return result.data;
  throw new InvalidEventError(`${type} does not match its schema:\n${z.prettifyError(result.error)}`, {
    cause: result.error,
  });
}
