import { join } from 'node:path';
import type { Fact } from '../events/catalogue.ts';
import type { NewEvent } from '../events/envelope.ts';
import { SqliteStore } from '../events/store.sqlite.ts';
import { NO_STREAM } from '../events/store.ts';
import { runStream } from '../events/streams.ts';
import { baseline } from '../projections/baseline.ts';
import { Engine } from '../projections/engine.ts';
import { promotions } from '../projections/promotions.ts';
import { runs } from '../projections/runs.ts';
import { versions } from '../projections/versions.ts';
import { SqliteViews } from '../projections/views.sqlite.ts';
import { BareLoop } from './bare-loop.sqlite.ts';
import { encoded, metricBatches, writeLog } from './log.ts';
import { answer } from './process.ts';

export type AppendInput = { folder: string; rounds: number; batches: number; size: number };
/** Events a second of each round, of the three in turn. */
export type AppendRound = { bare: number; ours: number; oursEncoding: number };

/** The three write the same rows to files of their own, in turns, because a machine's speed changes over time. */
async function append({ folder, rounds, batches, size }: AppendInput): Promise<AppendRound[]> {
  const bare = new BareLoop(join(folder, 'bare.db'));
  const ours = new SqliteStore(join(folder, 'ours.db'));
  const oursEncoding = new SqliteStore(join(folder, 'ours-encoding.db'));
  const results: AppendRound[] = [];
  for (let round = -1; round < rounds; round++) {
    const facts = metricBatches(batches, size);
    const ready = facts.map((batch, i) => encoded(`${round}:${i}`, batch));
    const stream = runStream(String(round + 1).padStart(12, '0'));
    const contenders: Record<keyof AppendRound, () => Promise<void>> = {
      bare: async () => bare.insert(stream, ready),
      ours: () => appendAll(ours, stream, ready),
      oursEncoding: () => encodeAndAppend(oursEncoding, stream, facts, `${round}`),
    };
    const result: AppendRound = { bare: 0, ours: 0, oursEncoding: 0 };
    for (const name of rotated(['bare', 'ours', 'oursEncoding'] as const, round + 1))
      result[name] = await perSecond(batches * size)(contenders[name]);
    if (round >= 0) results.push(result); // the first warms up
  }
  bare.close();
  await Promise.all([ours.close(), oursEncoding.close()]);
  return results;
}

/**
 * Each is first as often as the others, because what one leaves behind (dirty pages, garbage) slows the next one down.
 */
const rotated = <T>(items: readonly T[], by: number): T[] => items.map((_, i) => items[(i + by) % items.length] as T);

async function appendAll(store: SqliteStore, stream: string, batches: readonly NewEvent[][]): Promise<void> {
  let revision = NO_STREAM;
  for (const batch of batches) {
    await store.append(stream, revision, batch);
    revision += batch.length;
  }
}

async function encodeAndAppend(store: SqliteStore, stream: string, facts: readonly Fact[][], command: string) {
  let revision = NO_STREAM;
  for (const [i, batch] of facts.entries()) {
    await store.append(stream, revision, encoded(`${command}:${i}`, batch));
    revision += batch.length;
  }
}

const perSecond =
  (events: number) =>
  async (work: () => Promise<void>): Promise<number> => {
    const started = performance.now();
    await work();
    return events / ((performance.now() - started) / 1000);
  };

export type EncodeInput = { rounds: number; events: number };

/** Facts to bytes: schema check, canonical JSON, id. */
async function encode({ rounds, events }: EncodeInput): Promise<number[]> {
  const rates: number[] = [];
  for (let round = -1; round < rounds; round++) {
    const facts = metricBatches(Math.ceil(events / 100), 100);
    const rate = await perSecond(facts.length * 100)(async () => {
      for (const [i, batch] of facts.entries()) encoded(`${round}:${i}`, batch);
    });
    if (round >= 0) rates.push(rate);
  }
  return rates;
}

export type WriteInput = { file: string; events: number };

async function write({ file, events }: WriteInput): Promise<{ written: number }> {
  const store = new SqliteStore(file);
  const written = await writeLog(store, events);
  await store.close();
  return { written };
}

export type ReplayInput = { file: string; views: string; events: number };
/** `rss` are bytes at ten evenly spaced places of the log. */
export type ReplayResult = { perSecond: number; rss: number[] };

async function replay({ file, views: viewsFile, events }: ReplayInput): Promise<ReplayResult> {
  const store = new SqliteStore(file, { readOnly: true });
  const views = new SqliteViews(viewsFile);
  const engine = new Engine(store, views, [runs, versions, promotions, baseline]);
  const rss: number[] = [];
  const started = performance.now();
  const position = await engine.catchUp((at) => {
    while (at >= (events * (rss.length + 1)) / 10) rss.push(process.memoryUsage.rss());
  });
  const seconds = (performance.now() - started) / 1000;
  const counted = [...engine.rows(runs)].reduce((sum, run) => sum + run.metricPoints, 0);
  if (position !== events || counted !== events * 0.985)
    throw new Error(`the replay is wrong: position ${position} of ${events}, ${counted} metric points`);
  views.close();
  await store.close();
  return { perSecond: events / seconds, rss };
}

await answer({ append, encode, write, replay });
