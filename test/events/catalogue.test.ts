import { existsSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as z from 'zod';
import { catalogue, eventTypes } from '../../events/catalogue.ts';
import { linkHash } from '../../events/chain.ts';
import { createDecoder, verifyShape } from '../../events/decode.ts';
import { define, type EventDefinition } from '../../events/definition.ts';
import { encodeFacts, type StoredEvent } from '../../events/envelope.ts';
import { InvalidEventError, UnreadableEventError } from '../../events/errors.ts';
import { parseStream } from '../../events/streams.ts';
import { allExamples, command, exampleFact } from '../support/events.ts';
import { fixture } from '../support/paths.ts';

const golden = (type: string, version: number): StoredEvent =>
  JSON.parse(readFileSync(fixture(`events/${type}.v${version}.json`), 'utf8')) as StoredEvent;

const events = suite('event catalogue');

for (const type of eventTypes)
  for (let version = 1; version <= catalogue[type].version; version++)
    events(`${type} v${version}: the stored golden event still has its hash and can be read`, () => {
      assert.ok(
        existsSync(fixture(`events/${type}.v${version}.json`)),
        'run `npm run golden-events` and commit the file',
      );
      const stored = golden(type, version);
      assert.is(linkHash(stored.prev, stored), stored.hash);
      assert.is(parseStream(stored.stream).kind, catalogue[type].stream);
      assert.equal(verifyShape(stored).data, catalogue[type].example);
    });

events('every example is accepted and survives encoding', () => {
  for (const event of encodeFacts(command('c'), allExamples()))
    assert.equal(JSON.parse(event.data), catalogue[event.type as keyof typeof catalogue].example);
});

events('ids depend on the command and the index alone', () => {
  const ids = (c: string) => encodeFacts(command(c, { time: new Date(0), actor: c }), allExamples()).map((e) => e.id);
  assert.equal(ids('same'), ids('same'));
  assert.is(new Set([...ids('one'), ...ids('two')]).size, 2 * eventTypes.length);
});

events('refuses unknown keys, missing keys and wrong types, all named at once', () => {
  const { data } = exampleFact('MetricLogged');
  const bad = { type: 'MetricLogged', data: { ...data, value: null, step: -1, colour: 'red' } } as never;
  assert.throws(
    () => encodeFacts(command('c'), [bad]),
    (e: unknown) =>
      e instanceof InvalidEventError && ['value', 'step', 'colour'].every((key) => e.message.includes(key)),
  );
});

events('a metric may be NaN, by name', () => {
  encodeFacts(command('c'), [{ type: 'MetricLogged', data: { name: 'loss', value: 'NaN', step: 0 } }]);
});

const upcasting = suite('upcasting');

/** A type that has had three shapes. */
const definitions: Record<string, EventDefinition> = {
  Renamed: define('run', z.strictObject({ f1: z.number(), unit: z.string() }), { f1: 1, unit: 'share' }, [
    ({ score, ...rest }) => ({ ...rest, f1: score }),
    (data) => ({ ...data, f1: (data.f1 as number) / 100, unit: 'share' }),
  ]),
};
const read = createDecoder(definitions);
const stored = (version: number, data: string, type = 'Renamed') =>
  ({ position: 3, stream: 'run-x', revision: 0, id: 'i', type, version, time: 't', data }) as const;

upcasting('lifts every old version through all that followed it', () => {
  assert.equal(read(stored(1, '{"score":91}')).data as unknown, { f1: 0.91, unit: 'share' });
  assert.equal(read(stored(2, '{"f1":91}')).data as unknown, { f1: 0.91, unit: 'share' });
  assert.equal(read(stored(3, '{"f1":0.91,"unit":"share"}')).data as unknown, { f1: 0.91, unit: 'share' });
});

for (const [name, event] of [
  ['an unknown type', stored(1, '{}', 'Unheard')],
  ['a type named like an object member', stored(1, '{}', 'constructor')],
  ['a version from the future', stored(4, '{}')],
  ['version 0', stored(0, '{}')],
  ['bytes that are not JSON', stored(3, '{')],
] as const)
  upcasting(`refuses ${name}, naming the position`, () => {
    assert.throws(
      () => read(event),
      (e: unknown) => e instanceof UnreadableEventError && e.position === 3 && e.code === 'unreadable_event',
    );
  });

upcasting('an audit also holds the data against the schema', () => {
  const event = { ...golden('MetricLogged', 1), data: '{"name":"x","step":-1,"value":1}' };
  assert.throws(
    () => verifyShape(event),
    (e: unknown) => e instanceof UnreadableEventError && /step/.test(e.message),
  );
});

events.run();
upcasting.run();
