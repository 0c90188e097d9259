import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import type { Fact } from '../events/catalogue.ts';
import { catalogue } from '../events/catalogue.ts';
import { encodeFacts } from '../events/envelope.ts';
import { SqliteStore } from '../events/store.sqlite.ts';
import { NO_STREAM } from '../events/store.ts';
import { baseline } from '../projections/baseline.ts';
import { Engine } from '../projections/engine.ts';
import { promotions } from '../projections/promotions.ts';
import { runs } from '../projections/runs.ts';
import { versions } from '../projections/versions.ts';
import { SqliteViews } from '../projections/views.sqlite.ts';

// The event store against a bare SQLite insert loop with the same durability (WAL, synchronous=FULL), in turns in one
// process, and the replay of a million events through every projection.

const meta = { correlationId: 'bench', causationId: null, actor: 'bench', source: 'pawl/bench' };
const time = new Date('2026-01-01T00:00:00Z');
const metric = (step: number): Fact => ({
  type: 'MetricLogged',
  data: { name: 'train/loss', value: 1 / (step + 1), step },
});
const batchOf = (id: string, from: number, n: number) =>
  encodeFacts(
    { ...meta, commandId: id, time },
    Array.from({ length: n }, (_, i) => metric(from + i)),
  );

export type Rate = { readonly name: string; readonly perSecond: number };

/** Commits a second of `n` appends of `size` events each, ours. */
async function appendOurs(folder: string, n: number, size: number): Promise<number> {
  const store = new SqliteStore(join(folder, `ours-${size}.db`));
  const stream = `run-${String(Date.now() % 1e12).padStart(12, '0')}`;
  const started = performance.now();
  for (let i = 0; i < n; i++)
    await store.append(stream, i === 0 ? NO_STREAM : i * size - 1, batchOf(`${stream}-${i}`, i * size, size));
  const seconds = (performance.now() - started) / 1000;
  await store.close();
  return (n * size) / seconds;
}

/** The same rows through nothing but prepared statements. */
function appendBare(folder: string, n: number, size: number): number {
  const db = new DatabaseSync(join(folder, `bare-${size}.db`));
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  db.exec(
    'CREATE TABLE IF NOT EXISTS events(pos INTEGER PRIMARY KEY, stream TEXT NOT NULL, rev INTEGER NOT NULL, id TEXT NOT NULL UNIQUE, type TEXT NOT NULL, version INTEGER NOT NULL, time TEXT NOT NULL, data TEXT NOT NULL, meta TEXT NOT NULL, prev BLOB NOT NULL, hash BLOB NOT NULL, UNIQUE(stream, rev)) STRICT',
  );
  const insert = db.prepare('INSERT INTO events VALUES(?,?,?,?,?,?,?,?,?,?,?)');
  const stream = `run-${String(Date.now() % 1e12).padStart(12, '0')}`;
  const start = (db.prepare('SELECT coalesce(max(pos), 0) AS p FROM events').get() as { p: number }).p;
  const rows = Array.from({ length: n }, (_, i) => batchOf(`bare-${stream}-${i}`, i * size, size)).flat();
  const zero = Buffer.alloc(32);
  const started = performance.now();
  for (let i = 0; i < n; i++) {
    db.exec('BEGIN IMMEDIATE');
    for (let k = i * size; k < (i + 1) * size; k++) {
      const e = rows[k] as (typeof rows)[number];
      insert.run(start + k + 1, stream, k, e.id, e.type, e.version, e.time, e.data, e.meta, zero, zero);
    }
    db.exec('COMMIT');
  }
  const seconds = (performance.now() - started) / 1000;
  db.close();
  return (n * size) / seconds;
}

/** A log of runs: each starts, pins its data, logs metrics and completes. */
async function writeLog(file: string, events: number): Promise<void> {
  const store = new SqliteStore(file);
  const raw = new DatabaseSync(file);
  const perRun = 1000;
  for (let run = 0; run < events / perRun; run++) {
    const id = String(run).padStart(12, '0');
    const facts: Fact[] = [
      { type: 'TrainingRunStarted', data: catalogue.TrainingRunStarted.example } as Fact,
      { type: 'DatasetPinned', data: catalogue.DatasetPinned.example } as Fact,
      ...Array.from({ length: perRun - 4 }, (_, i) => metric(i)),
      { type: 'ModelEvaluated', data: catalogue.ModelEvaluated.example } as Fact,
      { type: 'TrainingRunCompleted', data: catalogue.TrainingRunCompleted.example } as Fact,
    ];
    await store.append(`run-${id}`, NO_STREAM, encodeFacts({ ...meta, commandId: id, time }, facts));
  }
  raw.close();
  await store.close();
}

const median = (xs: readonly number[]): number => xs.toSorted((a, b) => a - b)[Math.floor(xs.length / 2)] as number;

const folder = mkdtempSync(join(tmpdir(), 'pawl-bench-'));
for (const [n, size] of [
  [1500, 1],
  [150, 100],
] as const) {
  const ratios: number[] = [];
  const ours: number[] = [];
  for (let round = 0; round < 7; round++) {
    const bare = appendBare(folder, n, size);
    const our = await appendOurs(folder, n, size);
    ours.push(our);
    ratios.push(our / bare);
  }
  console.log(
    `batches of ${size}: ${Math.round(median(ours))} events/s, ratio ${median(ratios).toFixed(2)} (${ratios.map((r) => r.toFixed(2)).join(' ')})`,
  );
}
const log = join(folder, 'log.db');
const total = Number(process.argv[2] ?? 1_000_000);
let t = performance.now();
await writeLog(log, total);
console.log(
  `wrote ${total} in ${((performance.now() - t) / 1000).toFixed(1)} s, ${(statSync(log).size / 1e6).toFixed(0)} MB`,
);
for (let i = 0; i < 3; i++) {
  const store = new SqliteStore(log, { readOnly: true });
  const views = new SqliteViews(join(folder, `views-${i}.db`));
  t = performance.now();
  let peak = 0;
  await new Engine(store, views, [runs, versions, promotions, baseline]).catchUp(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  });
  console.log(
    `replay ${Math.round(total / ((performance.now() - t) / 1000))} events/s, peak RSS ${(peak / 1e6).toFixed(0)} MB`,
  );
  views.close();
  await store.close();
}
rmSync(folder, { recursive: true });
