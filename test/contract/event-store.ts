import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ChainVerifier } from '../../events/chain.ts';
import { decode } from '../../events/decode.ts';
import { encodeFacts } from '../../events/envelope.ts';
import {
  InvalidAppendError,
  PartialRetryError,
  StreamConflictError,
  UnreadableEventError,
} from '../../events/errors.ts';
import { type EventStore, MAX_BATCH, NO_STREAM, wholeLog, wholeStream } from '../../events/store.ts';
import { command, exampleFact, metrics } from '../support/events.ts';
import { rejects } from '../support/rejects.ts';

const stream = 'run-aaaaaaaaaaaa';
const other = 'run-bbbbbbbbbbbb';

/** What every event store must do, whatever it is made of. `open` gives a new, empty store. */
export function eventStoreContract(name: string, open: () => Promise<EventStore>): void {
  const contract = suite<{ store: EventStore }>(`event store contract: ${name}`);
  contract.before.each(async (context) => {
    context.store = await open();
  });
  contract.after.each(({ store }) => store.close());

  contract('is empty at first', async ({ store }) => {
    assert.is(await store.position(), 0);
    assert.equal(await store.readStream(stream), []);
    assert.equal(await store.readAll(), []);
    assert.is(await store.find('6ba7b810-9dad-11d1-80b4-00c04fd430c8'), null);
  });

  contract('gives gapless revisions per stream and one order of positions', async ({ store }) => {
    await store.append(stream, NO_STREAM, metrics('a', 2));
    await store.append(other, NO_STREAM, metrics('b', 1));
    await store.append(stream, 1, metrics('c', 2));
    assert.equal(
      (await store.readStream(stream)).map((e) => e.revision),
      [0, 1, 2, 3],
    );
    const all = await store.readAll();
    assert.equal(
      all.map((e) => `${e.stream}@${e.revision}`),
      [`${stream}@0`, `${stream}@1`, `${other}@0`, `${stream}@2`, `${stream}@3`],
    );
    assert.ok(all.every((e, i) => i === 0 || e.position > (all[i - 1] as typeof e).position));
    assert.is(await store.position(), all.at(-1)?.position);
  });

  contract('keeps the bytes it was given, and answers with what it stored', async ({ store }) => {
    const events = encodeFacts(command('x'), [exampleFact('TrainingRunStarted'), exampleFact('DatasetPinned')]);
    const stored = await store.append(stream, NO_STREAM, events);
    assert.equal(await store.readStream(stream), stored);
    assert.equal(
      stored.map(({ id, type, version, time, data, meta }) => ({ id, type, version, time, data, meta })),
      events,
    );
    assert.equal(await store.find(events[1]?.id as string), stored[1]);
  });

  contract('links every event to the one before it in its stream', async ({ store }) => {
    await store.append(stream, NO_STREAM, metrics('a', 3));
    await store.append(other, NO_STREAM, metrics('b', 2));
    await store.append(stream, 2, metrics('c', 1));
    const verifier = new ChainVerifier();
    assert.equal(
      (await store.readAll()).flatMap((e) => verifier.check(e)),
      [],
    );
  });

  contract('refuses an append decided on an old revision, and writes nothing', async ({ store }) => {
    await store.append(stream, NO_STREAM, metrics('a', 2));
    const error = await rejects(store.append(stream, NO_STREAM, metrics('b', 1)), StreamConflictError);
    assert.equal([error.stream, error.expected, error.actual], [stream, -1, 1]);
    await rejects(store.append(stream, 5, metrics('b', 1)), StreamConflictError);
    await rejects(store.append(other, 0, metrics('b', 1)), StreamConflictError);
    assert.is(await store.position(), 2);
  });

  contract('lets one of several writers at the same revision win', async ({ store }) => {
    const attempts = await Promise.allSettled(
      Array.from({ length: 8 }, (_, i) => store.append(stream, NO_STREAM, metrics(`w${i}`, 1))),
    );
    assert.is(attempts.filter((a) => a.status === 'fulfilled').length, 1);
    assert.ok(attempts.every((a) => a.status === 'fulfilled' || a.reason instanceof StreamConflictError));
    assert.is((await store.readStream(stream)).length, 1);
  });

  contract('answers a repeated append as the first time, even after later ones', async ({ store }) => {
    const batch = metrics('a', 3);
    const first = await store.append(stream, NO_STREAM, batch);
    assert.equal(await store.append(stream, NO_STREAM, batch), first);
    await store.append(stream, 2, metrics('b', 1));
    assert.equal(await store.append(stream, NO_STREAM, batch), first);
    assert.is(await store.position(), 4);
  });

  contract('refuses a retry that repeats only a part, reorders it, or repeats it elsewhere', async ({ store }) => {
    const [a, b, c] = metrics('a', 3) as [never, never, never];
    await store.append(stream, NO_STREAM, [a, b]);
    await rejects(store.append(stream, NO_STREAM, [a, b, c]), PartialRetryError);
    await rejects(store.append(stream, 0, [b, c]), PartialRetryError);
    await rejects(store.append(stream, 1, [c, a]), PartialRetryError);
    await rejects(store.append(stream, NO_STREAM, [b, a]), PartialRetryError);
    await rejects(store.append(other, NO_STREAM, [a, b]), PartialRetryError);
    assert.is(await store.position(), 2);
  });

  contract('refuses empty, oversized, self-repeating and badly named appends', async ({ store }) => {
    const [one] = metrics('a', 1) as [never];
    await rejects(store.append(stream, NO_STREAM, []), InvalidAppendError);
    await rejects(store.append(stream, NO_STREAM, [one, one]), InvalidAppendError);
    await rejects(store.append('nonsense', NO_STREAM, [one]), InvalidAppendError);
    await rejects(store.append('run-../x', NO_STREAM, [one]), InvalidAppendError);
    await rejects(store.append(stream, -2, [one]), InvalidAppendError);
    await rejects(store.append(stream, 0.5, [one]), InvalidAppendError);
    const many = Array.from({ length: MAX_BATCH + 1 }, (_, i) => ({ ...(one as object), id: `id-${i}` })) as never[];
    await rejects(store.append(stream, NO_STREAM, many), InvalidAppendError);
    assert.is(await store.position(), 0);
  });

  contract('takes large batches and reads them in pages', async ({ store }) => {
    const batch = metrics('big', MAX_BATCH);
    await store.append(stream, NO_STREAM, batch);
    assert.is(
      (await store.readStream(stream, { from: 4999, limit: 3 })).map((e) => e.revision).join(),
      '4999,5000,5001',
    );
    assert.equal(
      (await wholeStream(store, stream)).map((e) => e.id),
      batch.map((e) => e.id),
    );
    let read = 0;
    for await (const page of wholeLog(store, { after: 10, until: 2511 })) read += page.length;
    assert.is(read, 2501);
  });

  contract('scans the same events it reads', async ({ store }) => {
    await store.append(stream, NO_STREAM, metrics('a', 5));
    const read = (await store.readAll({ after: 2 })).map(decode);
    assert.equal((await store.scanAll({ after: 2 })).map(decode), read);
    assert.is(read.length, 3);
  });

  contract(
    'hands back an event of an unknown type untouched, and reading its meaning fails by name',
    async ({ store }) => {
      const [event] = metrics('a', 1) as [ReturnType<typeof metrics>[number]];
      await store.append(stream, NO_STREAM, [{ ...event, type: 'ModelDreamt' }]);
      const [stored] = (await store.readAll()) as [never];
      assert.throws(
        () => decode(stored),
        (e: unknown) => e instanceof UnreadableEventError && /ModelDreamt/.test(e.message),
      );
    },
  );

  contract('shows subscribers the past and then the present, once and in order', async ({ store }) => {
    await store.append(stream, NO_STREAM, metrics('a', 3));
    const stop = new AbortController();
    const seen: number[] = [];
    const reading = (async () => {
      for await (const page of store.subscribe({ after: 1, signal: stop.signal })) {
        seen.push(...page.map((e) => e.position));
        if (seen.length >= 5) stop.abort();
      }
    })();
    await store.append(other, NO_STREAM, metrics('b', 2));
    await store.append(stream, 2, metrics('c', 1));
    await reading;
    assert.equal(seen.slice(0, 5), [2, 3, 4, 5, 6]);
  });

  contract('ends a waiting subscription when its signal aborts', async ({ store }) => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 20);
    for await (const _ of store.subscribe({ after: 0, signal: stop.signal })) assert.unreachable();
  });

  contract.run();
}
