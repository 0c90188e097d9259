import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createKeys, KeyError } from '../../pipeline/keys.ts';
import { temporaryFolder } from '../support/paths.ts';
import { rejects } from '../support/rejects.ts';

const keys = suite('keys of a machine');
const now = new Date('2026-01-01T00:00:00.000Z');
const NAMES = ['gate.pem', 'gate.pub.json', 'log.pem', 'log.pub.json'];

keys('are made once, whoever else makes them at the same moment', async () => {
  const folder = join(temporaryFolder(), 'keys');
  const made = await Promise.all(Array.from({ length: 5 }, () => createKeys(folder, now)));
  assert.is(new Set(made.map(({ gate, log }) => `${gate?.id} ${log?.id}`)).size, 1);
  assert.equal(readdirSync(folder).sort(), NAMES, 'no lock and no draft is left');
  for (const name of ['gate.pem', 'log.pem']) assert.is(statSync(join(folder, name)).mode & 0o077, 0, name);
});

keys('that are there stay, and what a crash kept from being made is made', async () => {
  const folder = join(temporaryFolder(), 'keys');
  const first = await createKeys(folder, now);
  rmSync(join(folder, 'gate.pub.json'));
  rmSync(join(folder, 'log.pem'));
  rmSync(join(folder, 'log.pub.json'));
  writeFileSync(join(folder, 'log.pem.draft'), ''); // killed before the key was whole
  const again = await createKeys(folder, now);
  assert.is(again.gate?.id, first.gate?.id);
  assert.equal(again.trusted.map((key) => key.id).sort(), [again.gate?.id, again.log?.id].sort());
  writeFileSync(join(folder, 'gate.pem'), '');
  rmSync(join(folder, 'gate.pub.json'));
  await rejects(createKeys(folder, now), KeyError);
});

keys.run();
