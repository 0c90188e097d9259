import { pino } from 'pino';
import { catalogue } from '../../events/catalogue.ts';
import { createDecoder } from '../../events/decode.ts';
import type { RecordedEvent } from '../../events/envelope.ts';
import { type EventStore, wholeStream } from '../../events/store.ts';
import { serverStream } from '../../events/streams.ts';
import type { Log } from '../../server/log.ts';

/** A log that keeps its lines. */
export function keptLog(): { log: Log; lines: string[] } {
  const lines: string[] = [];
  return { log: pino({ level: 'trace' }, { write: (line: string) => lines.push(line) }), lines };
}

const decode = createDecoder(catalogue);

/** The events of a server's stream. */
export async function recorded(store: EventStore, instance = 'local'): Promise<RecordedEvent[]> {
  return (await wholeStream(store, serverStream(instance))).map(decode);
}
