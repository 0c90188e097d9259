import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { catalogue, eventTypes } from '../events/catalogue.ts';
import { CHAIN_START, linkBatch } from '../events/chain.ts';
import { encodeFacts } from '../events/envelope.ts';
import { logStream, modelStream, registryStream, runStream, serverStream } from '../events/streams.ts';
import { command, exampleFact } from '../test/support/events.ts';
import { fixture } from '../test/support/paths.ts';

// Writes the golden stored event of every type and current version that has none yet. Existing ones are never touched:
// they are what old logs look like.

const streams = {
  run: runStream('1v8k2m0p4qxa'),
  model: modelStream('sentiment'),
  server: serverStream('edge-1'),
  registry: registryStream,
  log: logStream,
};

mkdirSync(fixture('events'), { recursive: true });
for (const type of eventTypes) {
  const file = fixture(`events/${type}.v${catalogue[type].version}.json`);
  if (existsSync(file)) continue;
  const events = encodeFacts(command(`golden-${type}`), [exampleFact(type)]);
  const [stored] = linkBatch(streams[catalogue[type].stream], { revision: -1, hash: CHAIN_START }, events);
  writeFileSync(file, `${JSON.stringify(stored, null, 2)}\n`);
}
