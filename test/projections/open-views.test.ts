import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SqliteStore } from '../../events/store.sqlite.ts';
import { openViews } from '../../projections/open-views.sqlite.ts';
import { temporaryFolder } from '../support/paths.ts';

const LOOKS: Readonly<Record<string, (file: string) => void>> = {
  'no database': (file) => writeFileSync(file, 'a text of somebody'.repeat(100)),
  'cut off inside a page': (file) => truncateSync(file, 9000),
  'another byte in a row': (file) => {
    const bytes = readFileSync(file);
    bytes[bytes.indexOf('sentiment-view')] = 0x53;
    writeFileSync(file, bytes);
  },
  'a file of a Pawl that kept no sums': (file) => {
    const db = new DatabaseSync(file);
    db.exec('ALTER TABLE rows DROP COLUMN sum');
    db.close();
  },
};

function made(): string {
  const file = join(temporaryFolder(), 'views.db');
  const views = openViews(file);
  const { id } = views.create('baseline', 1);
  views.put(id, 'sentiment', '{"model":"sentiment-view"}');
  views.put(id, 'long', JSON.stringify('x'.repeat(20_000)));
  views.goLive('baseline', id);
  views.close();
  const db = new DatabaseSync(file);
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)'); // what a WAL has hides damage of the file
  db.close();
  return file;
}

const opening = suite('opening the views');

for (const [what, damage] of Object.entries(LOOKS))
  opening(`${what}: the file is put aside, and there are new views`, () => {
    const file = made();
    damage(file);
    const bytes = readFileSync(file);
    const views = openViews(file);
    assert.equal(views.generations('baseline'), []);
    views.close();
    assert.equal(readFileSync(`${file}.damaged`), bytes);
  });

opening('what is whole stays', () => {
  const file = made();
  const views = openViews(file);
  assert.is(views.generations('baseline').length, 1);
  views.close();
  assert.not(existsSync(`${file}.damaged`));
});

opening('a log is not put aside: somebody has named it as the views', async () => {
  const file = join(temporaryFolder(), 'events.db');
  await new SqliteStore(file).close();
  const bytes = readFileSync(file);
  assert.throws(() => openViews(file), /is an event log, and no views: set events.views/);
  assert.equal(readFileSync(file), bytes);
});

opening.run();
