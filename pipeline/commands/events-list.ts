import { eventTypes, isEventType } from '../../events/catalogue.ts';
import type { ReadableEvent } from '../../events/decode.ts';
import type { EventStore } from '../../events/store.ts';
import { NotFoundError } from '../operations/not-found.ts';
import { textTable } from '../table.ts';
import type { Workspace } from '../workspace.ts';
import { type Command, text } from './command.ts';
import { wholeNumber } from './numbers.ts';

const DEFAULT_LIMIT = 20;

export const eventsList: Command<Workspace> = {
  details: `Shows the last ${DEFAULT_LIMIT} events, or with --after those that follow a position.`,
  json: true,
  flags: [
    { flags: '--stream <name>', description: 'only this stream, e.g. model-sentiment' },
    { flags: '--type <type>', description: 'only this type, e.g. PromotionMerged' },
    { flags: '--after <position>', description: 'start after this position instead of at the end' },
    { flags: '--limit <n>', description: `how many (default ${DEFAULT_LIMIT})` },
  ],
  examples: [
    ['pawl events list --stream model-sentiment', 'everything that happened to one model'],
    ['pawl events list --type GateJudged --json', 'all verdicts, for a script'],
  ],
  async run(invocation) {
    const type = text(invocation, 'type');
    if (type !== undefined && !isEventType(type))
      throw new NotFoundError('event type', type, eventTypes, 'pawl events list');
    const after = text(invocation, 'after');
    const limit = wholeNumber(text(invocation, 'limit'), '--limit', DEFAULT_LIMIT);
    const wanted = (e: ReadableEvent) =>
      (type === undefined || e.type === type) && (text(invocation, 'stream') ?? e.stream) === e.stream;
    const store = invocation.workspace.logAsItIs();
    const events =
      after === undefined
        ? await lastEvents(store, wanted, limit)
        : await nextEvents(store, wanted, limit, wholeNumber(after, '--after', 0));
    invocation.out.result(events.map(shown), () => rows(events));
    return 0;
  },
};

async function lastEvents(
  store: EventStore,
  wanted: (e: ReadableEvent) => boolean,
  limit: number,
): Promise<ReadableEvent[]> {
  let found: ReadableEvent[] = [];
  for (let before = await store.position(); before > 0 && found.length < limit; before -= 1000) {
    const after = Math.max(0, before - 1000);
    const page = await store.scanAll({ after, limit: before - after });
    found = [...page.filter(wanted), ...found];
  }
  return found.slice(-limit);
}

async function nextEvents(
  store: EventStore,
  wanted: (e: ReadableEvent) => boolean,
  limit: number,
  from: number,
): Promise<ReadableEvent[]> {
  const found: ReadableEvent[] = [];
  for (let after = from; found.length < limit; ) {
    const page = await store.scanAll({ after });
    found.push(...page.filter(wanted));
    const last = page.at(-1);
    if (!last) break;
    after = last.position;
  }
  return found.slice(0, limit);
}

const shown = ({ data, ...event }: ReadableEvent) => ({ ...event, data: JSON.parse(data) as unknown });

const rows = (events: readonly ReadableEvent[]): string =>
  events.length === 0
    ? 'no events'
    : textTable(
        ['position', 'time', 'stream', 'rev', 'type', 'data'],
        events.map((e) => [String(e.position), e.time, e.stream, String(e.revision), e.type, short(e.data)]),
        [0, 3],
      );

const short = (data: string): string => (data.length <= 80 ? data : `${data.slice(0, 79)}…`);
