import { hash } from 'node:crypto';
import type { NewEvent, StoredEvent } from './envelope.ts';

/** Hash before a stream's first event. */
export const CHAIN_START = '0'.repeat(64);

const DOMAIN = 'pawl.event.v1';

/**
 * What a hash of the chain covers. `position` is left out: a store may learn it only after the append; checkpoints
 * cover it.
 */
type Link = NewEvent & { readonly stream: string; readonly revision: number };

/**
 * Hash of one event over the hash before it in the same stream: SHA-256 of a domain tag and each field, every one
 * preceded by its length in UTF-8 bytes, so that no two different events have the same input.
 *
 * @param prev 64 hex digits
 */
export function linkHash(prev: string, e: Link): string {
  return hash('sha256', linkInput(prev, e.stream, e.revision, e), 'hex');
}

const linkInput = (prev: string, stream: string, revision: number, e: NewEvent): string =>
  DOMAIN +
  field(prev) +
  field(stream) +
  field(String(revision)) +
  field(e.id) +
  field(e.type) +
  field(String(e.version)) +
  field(e.time) +
  field(e.data) +
  field(e.meta);

const field = (text: string): string => `\n${Buffer.byteLength(text)}:${text}`;

/**
 * Gives the events of a batch their places and hashes. They continue a stream whose last event has `revision` (-1 for
 * none) and `hash`.
 *
 * @param position of the store's last event; 0 where a store gives positions itself
 */
export function linkBatch(
  stream: string,
  last: { revision: number; hash: string },
  events: readonly NewEvent[],
  position = 0,
): StoredEvent[] {
  let prev = last.hash;
  return events.map((event, index) => {
    const { id, type, version, time, data, meta } = event;
    const revision = last.revision + 1 + index;
    const link = hash('sha256', linkInput(prev, stream, revision, event), 'hex');
    const linked = {
      position: position + 1 + index,
      stream,
      revision,
      id,
      type,
      version,
      time,
      data,
      meta,
      prev,
      hash: link,
    };
    prev = link;
    return linked;
  });
}

/** A place where the log differs from what was written. */
export type ChainBreak = {
  readonly position: number;
  readonly stream: string;
  readonly revision: number;
  readonly code: 'content-changed' | 'link-broken' | 'revision-gap' | 'position-gap';
  readonly message: string;
};

/**
 * Checks events in order of position against their chains, page by page; `heads` holds the last known revision and hash
 * of each stream. Detects every change, removal or reordering inside a stream. It cannot detect that a stream's tail is
 * missing: a checkpoint can.
 */
export class ChainVerifier {
  readonly heads = new Map<string, { revision: number; hash: string }>();
  position: number;

  /** @param after position of the event before the first one to be checked, 0 for the whole log */
  constructor(after = 0) {
    this.position = after;
  }

  check(event: StoredEvent): ChainBreak[] {
    const head = this.heads.get(event.stream) ?? { revision: -1, hash: CHAIN_START };
    const at = (code: ChainBreak['code'], message: string): ChainBreak => ({
      position: event.position,
      stream: event.stream,
      revision: event.revision,
      code,
      message,
    });
    const breaks: ChainBreak[] = [];
    if (event.position !== this.position + 1)
      breaks.push(
        at('position-gap', `position ${event.position} follows ${this.position}: events are missing or reordered`),
      );
    if (event.revision !== head.revision + 1)
      breaks.push(
        at('revision-gap', `revision ${event.revision} follows ${head.revision}: events are missing or reordered`),
      );
    if (event.prev !== head.hash)
      breaks.push(
        at('link-broken', `names ${event.prev.slice(0, 12)}… as its predecessor, which is ${head.hash.slice(0, 12)}…`),
      );
    if (linkHash(event.prev, event) !== event.hash)
      breaks.push(
        at('content-changed', `its bytes no longer have the hash ${event.hash.slice(0, 12)}… they were written with`),
      );
    this.position = event.position;
    this.heads.set(event.stream, { revision: event.revision, hash: event.hash });
    return breaks;
  }
}
