import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MemoryStore } from '../../events/store.memory.ts';
import { SqliteStore } from '../../events/store.sqlite.ts';
import { asOf, positionOf, UnknownMomentError } from '../../projections/as-of.ts';
import { baseline } from '../../projections/baseline.ts';
import { Engine } from '../../projections/engine.ts';
import type { Projection } from '../../projections/projection.ts';
import { promotions } from '../../projections/promotions.ts';
import { runs } from '../../projections/runs.ts';
import { versions } from '../../projections/versions.ts';
import { MemoryViews } from '../../projections/views.memory.ts';
import { SqliteViews } from '../../projections/views.sqlite.ts';
import { ViewNewerError } from '../../projections/views.ts';
import { History } from '../support/history.ts';
import { temporaryFolder } from '../support/paths.ts';
import { rejects } from '../support/rejects.ts';

const all = [runs, versions, promotions, baseline];
const digests = (engine: Engine) => all.map((p) => engine.digest(p));

async function someHistory(store = new MemoryStore()): Promise<History> {
  const history = new History(store);
  await history.run(1, 5);
  await history.propose('sentiment', 1, null);
  await history.merge('sentiment', 1, null);
  await history.run(2, 3);
  await history.propose('sentiment', 2, 1);
  await history.reject('sentiment', 2);
  await history.propose('topics', 7, null);
  await history.propose('sentiment', 3, 1);
  await history.merge('sentiment', 3, 1);
  await history.rollBack('sentiment', 4, 3, 1);
  return history;
}

const engine = suite('projection engine');

engine('deleting every table and rebuilding gives identical bytes', async () => {
  const { store } = await someHistory();
  for (const views of [new MemoryViews(), new SqliteViews(join(temporaryFolder(), 'views.db'))]) {
    const e = new Engine(store, views, all);
    await e.catchUp();
    const before = digests(e);
    assert.is(new Set(before).size, 4);
    views.clear();
    assert.is.not(digests(e)[0], before[0]);
    await e.catchUp();
    assert.equal(digests(e), before);
    await e.rebuild();
    assert.equal(digests(e), before);
    views.close();
  }
});

engine('tables of more of a log than there is, of another log, or of an earlier Pawl are built again', async () => {
  const { store } = await someHistory();
  const shorter = new MemoryStore();
  for (const e of (await store.readAll()).slice(0, 8)) await shorter.append(e.stream, e.revision - 1, [e]);
  const other = new MemoryStore();
  const elsewhere = new History(other);
  for (let run = 1; run < 30; run++) await elsewhere.run(run, 4);
  for (const log of [shorter, other, new MemoryStore()])
    for (const views of [new MemoryViews(), new SqliteViews(join(temporaryFolder(), 'views.db'))]) {
      await new Engine(store, views, all).catchUp();
      const e = new Engine(log, views, all);
      assert.is(await e.catchUp(), await log.position());
      const fresh = new Engine(log, new MemoryViews(), all);
      await fresh.catchUp();
      assert.equal(digests(e), digests(fresh));
      assert.is(views.transaction((t) => t.generations('runs')).length, 1);
      views.close();
    }
  const file = join(temporaryFolder(), 'views.db');
  const views = new SqliteViews(file);
  await new Engine(store, views, all).catchUp();
  const db = new DatabaseSync(file);
  db.exec('ALTER TABLE generations DROP COLUMN hash');
  db.close();
  views.close();
  const later = new SqliteViews(file);
  const e = new Engine(store, later, all);
  await e.catchUp();
  const [runsTable] = later.transaction((t) => t.generations('runs'));
  assert.is(runsTable?.hash, (await store.readAll()).at(-1)?.hash);
  later.close();
});

engine('catching up in steps, in whatever pieces, equals folding once', async () => {
  const { store } = await someHistory();
  const log = await store.readAll();
  const once = new Engine(store, new MemoryViews(), all);
  await once.catchUp();
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: log.length }), { maxLength: 6 }), async (stops) => {
      let visible = 0;
      const cut = {
        scanAll: async ({ after = 0 } = {}) => log.slice(after, Math.max(after, visible)),
        readAll: async ({ after = 0, limit = 1000 } = {}) => log.slice(after, Math.min(after + limit, visible)),
      } as unknown as MemoryStore;
      const e = new Engine(cut, new MemoryViews(), all);
      for (const stop of [...stops.sort((a, b) => a - b), log.length]) {
        visible = stop;
        assert.is(await e.catchUp(), stop);
      }
      assert.equal(digests(e), digests(once));
    }),
    { numRuns: 30 },
  );
});

engine('a projection added later catches up alone; the others fold nothing twice', async () => {
  const { store } = await someHistory();
  const views = new MemoryViews();
  await new Engine(store, views, [runs]).catchUp();
  const e = new Engine(store, views, all);
  await e.catchUp();
  assert.is(e.get(runs, '000000000001')?.metricPoints, 5);
  assert.is(e.get(baseline, 'sentiment')?.version, 1);
});

engine('several processes may catch up at once', async () => {
  const folder = temporaryFolder();
  const { store } = await someHistory(new SqliteStore(join(folder, 'events.db')) as unknown as MemoryStore);
  const handles = Array.from({ length: 4 }, () => new SqliteViews(join(folder, 'views.db')));
  const engines = handles.map((views) => new Engine(store, views, all));
  await Promise.all(engines.map((e) => e.catchUp()));
  const alone = new Engine(store, new MemoryViews(), all);
  await alone.catchUp();
  for (const e of engines) assert.equal(digests(e), digests(alone));
  for (const views of handles) views.close();
  await store.close();
});

engine('a page that fails leaves rows and checkpoint as they were', async () => {
  const { store } = await someHistory();
  const views = new MemoryViews();
  let explode = true;
  const fragile: Projection<number> = {
    name: 'fragile',
    version: 1,
    types: ['PromotionMerged', 'ProductionRolledBack'],
    keys: () => ['n'],
    evolve: (n, event) => {
      if (explode && event.type === 'ProductionRolledBack') throw new Error('bug');
      return (n ?? 0) + 1;
    },
  };
  const e = new Engine(store, views, [fragile]);
  await rejects(e.catchUp(), Error);
  explode = false;
  await e.catchUp();
  assert.is(e.get(fragile, 'n'), 3);
});

engine('a new version is built beside the live one and swapped in; an older Pawl then says so', async () => {
  const { store } = await someHistory();
  const views = new MemoryViews();
  const v = (version: number, add: number): Projection<number> => ({
    name: 'count',
    version,
    types: ['MetricLogged'],
    keys: () => ['n'],
    evolve: (n) => (n ?? 0) + add,
  });
  const old = new Engine(store, views, [v(1, 1)]);
  await old.catchUp();
  assert.is(old.get(v(1, 1), 'n'), 8);
  const next = new Engine(store, views, [v(2, 10)]);
  assert.is(next.get(v(2, 10), 'n'), 8, 'until it has caught up, readers see the live table');
  await next.catchUp();
  assert.is(next.get(v(2, 10), 'n'), 80);
  const error = await rejects(old.catchUp(), ViewNewerError);
  assert.is(error.code, 'view_newer');
});

const time = suite('as of');

time('a position, an event id and a time give the state the log had then', async () => {
  const { store } = await someHistory();
  const log = await store.readAll();
  const merged = log.filter((e) => e.type === 'PromotionMerged');
  const versionAt = async (moment: Parameters<typeof positionOf>[1]) =>
    (await asOf(store, baseline, await positionOf(store, moment))).get('sentiment')?.version;
  const [first, second] = merged as [(typeof log)[0], (typeof log)[0]];
  assert.is(await versionAt({ position: first.position - 1 }), undefined);
  assert.is(await versionAt({ position: first.position }), 1);
  assert.is(await versionAt({ eventId: second.id }), 3);
  assert.is(await versionAt({ time: new Date(second.time) }), 3);
  assert.is(await versionAt({ time: new Date(Date.parse(second.time) - 1) }), 1);
  assert.is(await versionAt({ time: new Date(0) }), undefined);
  assert.is(await versionAt({ position: log.length }), 1);
});

time('equals, at every position, a table that had seen only the events before it', async () => {
  const { store } = await someHistory();
  const log = await store.readAll();
  for (let position = 0; position <= log.length; position++) {
    const read = async ({ after = 0, limit = 5000 } = {}) => log.slice(after, Math.min(after + limit, position));
    const cut = { scanAll: read, readAll: read } as unknown as MemoryStore;
    const e = new Engine(cut, new MemoryViews(), all);
    await e.catchUp();
    for (const projection of all)
      assert.equal(
        new Set((await asOf(store, projection as typeof baseline, position)).values()),
        new Set(e.rows(projection as typeof baseline)),
      );
  }
});

time('refuses a moment that is not in the log', async () => {
  const { store } = await someHistory();
  await rejects(positionOf(store, { position: 9999 }), UnknownMomentError);
  await rejects(positionOf(store, { eventId: 'nonsense' }), UnknownMomentError);
});

engine.run();
time.run();
