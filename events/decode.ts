import { catalogue } from './catalogue.ts';
import type { EventDefinition } from './definition.ts';
import type { RecordedEvent, StoredEvent } from './envelope.ts';
import { UnreadableEventError } from './errors.ts';

/** The part of a stored event that its meaning needs; hashes and meta can stay in the store. */
export type ReadableEvent = Pick<
  StoredEvent,
  'position' | 'stream' | 'revision' | 'id' | 'type' | 'version' | 'time' | 'data'
>;

/**
 * A reader of stored events for one catalogue: parses the bytes and lifts old versions to today's shape.
 * It trusts the bytes (they were checked when appended, and the chain guards them); `verifyShape` does not.
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

/** Reads events of the one catalogue. */
export const decode = createDecoder(catalogue);

/** Decodes and holds the result against today's schema: what an audit does and a fold need not. */
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
