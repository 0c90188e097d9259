import * as z from 'zod';
import type { StoredEvent } from './envelope.ts';
import { parseStream } from './streams.ts';

/** The events of one append, as one file. */
export type Segment = { readonly path: string; readonly bytes: Buffer };

/** The largest segment that is written: forges warn at 50 MB and refuse 100. */
export const MAX_SEGMENT_BYTES = 45 * 1024 * 1024;

const Hash = z.string().regex(/^[0-9a-f]{64}$/);

/** One line: the whole envelope; `data` and `meta` are the exact text that was hashed. Keys are in this order. */
const Line = z.strictObject({
  position: z.int().min(1),
  stream: z.string(),
  revision: z.int().min(0),
  id: z.string().min(1).max(200),
  type: z.string().min(1).max(200),
  version: z.int().min(1),
  time: z.string().max(100),
  data: z.string(),
  meta: z.string(),
  prev: Hash,
  hash: Hash,
});

const PATH = /^segments\/(\d{10})\/(\d{3})\/(\d{16})\.jsonl$/;

/**
 * The path of the segment that begins at a position, e.g. `segments/0000000001/234/0000000001234567.jsonl`. No folder
 * has more than a thousand entries, so an append writes three small trees however long the log is.
 */
export function segmentPath(position: number): string {
  const name = String(position).padStart(16, '0');
  return `segments/${name.slice(0, 10)}/${name.slice(10, 13)}/${name}.jsonl`;
}

/** The first position of the segment at a path, or null if the path is not a segment's. */
export function positionOf(path: string): number | null {
  const position = Number(PATH.exec(path)?.[3] ?? 0);
  return position > 0 && segmentPath(position) === path ? position : null;
}

/** @param events the events of one append */
export function encodeSegment(events: readonly StoredEvent[]): Segment {
  const text = events.map((e) => `${encodeLine(e)}\n`).join('');
  return { path: segmentPath(events[0]?.position ?? 0), bytes: Buffer.from(text) };
}

const encodeLine = ({ position, stream, revision, id, type, version, time, data, meta, prev, hash }: StoredEvent) =>
  JSON.stringify({ position, stream, revision, id, type, version, time, data, meta, prev, hash });

/**
 * The events of a segment, exactly as they were encoded; their hashes are not checked.
 *
 * @throws {Error} saying what is wrong with which line
 */
export function decodeSegment({ path, bytes }: Segment): StoredEvent[] {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  const lines = text.split('\n');
  if (lines.pop() !== '' || lines.length === 0) throw new Error('it does not end with a whole line');
  const first = positionOf(path);
  const events = lines.map((line, index) => {
    const event = decodeLine(line, index + 1);
    if (first === null || event.position !== first + index)
      throw new Error(`line ${index + 1} has position ${event.position}, not ${(first ?? 0) + index}`);
    return event;
  });
  if (events.some((e) => e.stream !== events[0]?.stream)) throw new Error('it has events of more than one stream');
  parseStream(events[0]?.stream ?? '');
  return events;
}

function decodeLine(line: string, number: number): StoredEvent {
  try {
    const event = Line.parse(JSON.parse(line));
    if (encodeLine(event) === line) return event;
  } catch (cause) {
    throw new Error(`line ${number} is no event`, { cause });
  }
  throw new Error(`line ${number} is not written as events are`);
}
