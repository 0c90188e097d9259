import { hash } from 'node:crypto';

/** Namespace of every event id, itself UUIDv5(DNS, "events.pawl.dev"); fixed for ever. */
const EVENT_NAMESPACE = uuidV5('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'events.pawl.dev');
const EVENT_NAMESPACE_BYTES = bytesOf(EVENT_NAMESPACE);

/** Name-based UUID of RFC 9562 §5.5: the same namespace and name give the same id on every machine. */
export function uuidV5(namespace: string, name: string): string {
  return nameBased(bytesOf(namespace), name);
}

function bytesOf(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex');
}

function nameBased(namespace: Buffer, name: string): string {
  const hex = hash('sha1', Buffer.concat([namespace, Buffer.from(name, 'utf8')]), 'hex');
  const variant = '89ab'[Number.parseInt(hex[16] as string, 16) & 3];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Id of the `index`-th event of a command: a retried command writes the same ids, so it is stored once. */
export const eventId = (commandId: string, index: number): string =>
  nameBased(EVENT_NAMESPACE_BYTES, `${commandId}:${index}`);

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'; // Crockford base 32, lower case
const EPOCH_SECONDS = Date.UTC(2025, 0, 1) / 1000;

/**
 * A short id that sorts by time: six base-32 digits of seconds since 2025 (34 years), then six random ones.
 *
 * @param now    the clock's reading
 * @param random at least six bytes of randomness, of which five bits each are used
 */
export function timeSortedId(now: Date, random: Uint8Array): string {
  if (random.length < 6) throw new RangeError(`need 6 random bytes, got ${random.length}`);
  let seconds = Math.floor(now.getTime() / 1000) - EPOCH_SECONDS;
  let time = '';
  for (let i = 0; i < 6; i++) {
    time = ALPHABET[seconds % 32] + time;
    seconds = Math.floor(seconds / 32);
  }
  let tail = '';
  for (let i = 0; i < 6; i++) tail += ALPHABET[(random[i] as number) & 31];
  return time + tail;
}
