import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { StreamConflictError } from '../../events/errors.ts';
import { MemoryStore } from '../../events/store.memory.ts';
import { logStream } from '../../events/streams.ts';
import { handle } from '../../pipeline/record.ts';
import { exampleFact } from '../support/events.ts';

/** A store in which somebody else is faster, so many times. */
class ContestedStore extends MemoryStore {
  attempts = 0;
  readonly #times: number;
  constructor(times: number) {
    super();
    this.#times = times;
  }
  override async append(...args: Parameters<MemoryStore['append']>): ReturnType<MemoryStore['append']> {
    if (++this.attempts <= this.#times) throw new StreamConflictError(args[0], -1, 0);
    return super.append(...args);
  }
}

const clock = () => new Date('2026-01-02T03:04:05.678Z');
const fact = exampleFact('AuditCompleted');
const record = (store: ContestedStore) =>
  handle({ store, clock, command: { actor: 'ada', source: 'test' } }, logStream, () => ({
    commandId: 'audit:1',
    facts: [fact],
  }));

const handling = suite('deciding on a stream');

handling('goes on where somebody else was faster', async () => {
  const store = new ContestedStore(99);
  assert.equal(await record(store), [fact]);
  assert.is((await store.readStream(logStream)).length, 1);
});

handling('ends where somebody else is always faster', async () => {
  const store = new ContestedStore(Number.POSITIVE_INFINITY);
  const error = await record(store).catch((e: unknown) => e);
  assert.instance(error, StreamConflictError);
  assert.is(store.attempts, 100);
});

handling.run();
