import type * as z from 'zod';
import { modelEvents } from './model-events.ts';
import { logEvents, registryEvents } from './registry-events.ts';
import { runEvents } from './run-events.ts';
import { serverEvents } from './server-events.ts';

/** All event types. A type and version, once written, keep their meaning for ever. */
export const catalogue = { ...runEvents, ...modelEvents, ...serverEvents, ...registryEvents, ...logEvents };

export type Catalogue = typeof catalogue;
export type EventType = keyof Catalogue;
export type EventData<T extends EventType> = z.output<Catalogue[T]['schema']>;

/** A thing that happened, before it has a place in a stream. */
export type Fact = { [T in EventType]: { readonly type: T; readonly data: EventData<T> } }[EventType];

export const eventTypes = Object.keys(catalogue) as EventType[];
export const isEventType = (type: string): type is EventType => Object.hasOwn(catalogue, type);
