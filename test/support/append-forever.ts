import { createHash } from 'node:crypto';
import type { StoredEvent } from '../../events/envelope.ts';
import { StreamConflictError } from '../../events/errors.ts';
import { SqliteStore } from '../../events/store.sqlite.ts';
import { NO_STREAM } from '../../events/store.ts';
import { metrics } from './events.ts';

// A writer for crash tests: appends batches to its own and to a contended stream until it is killed. It prints each
// batch's command id only after the store has acknowledged it.

const known = new Map<string, number>();
const [file, name] = process.argv.slice(2) as [string, string];
const store = new SqliteStore(file);
for (let i = 0; ; i++) {
  const commandId = `${name}-${process.pid}-${i}`;
  const size = 1 + ((createHash('sha1').update(commandId).digest()[0] as number) % 20);
  const stream = i % 3 === 0 ? 'model-contended' : `run-${name}`;
  for (;;) {
    const last = await lastRevision(stream);
    try {
      await store.append(stream, last, metrics(commandId, size));
      break;
    } catch (error) {
      if (!(error instanceof StreamConflictError)) throw error;
    }
  }
  process.stdout.write(`${commandId} ${size}\n`);
}

async function lastRevision(stream: string): Promise<number> {
  let last = known.get(stream) ?? NO_STREAM;
  for (let page = await store.readStream(stream, { from: last + 1 }); page.length > 0; ) {
    last = (page.at(-1) as StoredEvent).revision;
    page = await store.readStream(stream, { from: last + 1 });
  }
  known.set(stream, last);
  return last;
}
