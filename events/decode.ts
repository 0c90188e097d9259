import { catalogue } from './catalogue.ts';
import type { EventDefinition } from './definition.ts';
import type { RecordedEvent, StoredEvent } from './envelope.ts';
import { UnreadableEventError } from './errors.ts';

/** The part of a stored event that is needed to decode it. Hashes and meta can stay in the store. */
export type ReadableEvent = Pick<
  StoredEvent,
  'position' | 'stream' | 'revision' | 'id' | 'type' | 'version' | 'time' | 'data'
>;

/**
 * Makes a reader of stored events for one catalogue: it parses the bytes and upcasts old versions to today's shape. It
 * does not validate the bytes: they were checked when they were appended, and the hash chain protects them.
 * `verifyShape` validates.
 *
 * @throws {UnreadableEventError} for an unknown type, a version from the future, or bytes that are not JSON
 */
export function createDecoder(definitions: Readonly<Record<string, EventDefinition>>) {
  return (event: ReadableEvent): RecordedEvent => {
    const definition = Object.hasOwn(definitions, event.type) ? definitions[event.type] : undefined;
    if (!definition)
      throw new UnreadableEventError(
        event,
        'this version of Pawl does not know the type: use the version that wrote it, or a newer one',
      );
    if (event.version > definition.version || event.version < 1)
      throw new UnreadableEventError(event, `this version of Pawl reads up to v${definition.version}: update it`);
    let data = parse(event);
    for (let v = event.version; v < definition.version; v++)
      data = (definition.upcasters[v - 1] as (d: typeof data) => typeof data)(data);
    const { position, stream, revision, id, time, type } = event;
    return { position, stream, revision, id, time, type, data } as unknown as RecordedEvent;
  };
}

function parse(event: ReadableEvent): Record<string, unknown> {
  try {
    return JSON.parse(event.data) as Record<string, unknown>;
  } catch (cause) {
    throw new UnreadableEventError(event, `its data is not JSON (${(cause as Error).message})`, { cause });
  }
}

/** Reads events of Pawl's catalogue. */
export const decode = createDecoder(catalogue);

/** Decodes an event and validates it against today's schema. An audit does so; a fold does not need it. */
export function verifyShape(event: ReadableEvent): RecordedEvent {
  const decoded = decode(event);
  const result = catalogue[decoded.type].schema.safeParse(decoded.data);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new UnreadableEventError(
      event,
      `its data does not match the schema at ${issue?.path.join('.') || '(root)'}: ${issue?.message}`,
    );
  }
  return decoded;
}
