import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench } from './bench.ts';
import type { AppendInput, AppendRound, EncodeInput, ReplayInput, ReplayResult, WriteInput } from './events.child.ts';
import type { BenchOptions } from './options.ts';
import { inChild } from './process.ts';
import type { Figure, Outcome } from './report.ts';

const CHILD = './events.child.js';
const MEGABYTE = 1e6;

const METHOD = [
  'append: encoded metric events, one durable transaction a batch, one writer; the three variants in turns, each first as often as the others, in one process, each in a file of its own, after one round of warming up.',
  'bare loop: the same rows, table and indexes (primary key, unique id, unique stream and revision), the same journal and synchronous=FULL; a prepared INSERT a row between BEGIN IMMEDIATE and COMMIT. It hashes nothing (zeroes are stored), checks no revision and has no append-only triggers.',
  'encoding: a fact checked against its schema, as canonical JSON, with its id. The hash chain is part of every append of ours.',
  'replay: the log through runs, versions, promotions and baseline into new tables on the disk, a new process a round; of 1,000 events 985 are metrics. Resident memory is read after each tenth of the log.',
];

async function run({ rounds, events }: BenchOptions, folder: string): Promise<Outcome> {
  const short = rounds ?? 7;
  const single = { batches: clamp(events / 500, 20, 2000), size: 1 };
  const batch = { batches: clamp(events / 5000, 2, 200), size: 100 };
  return {
    status: 'measured',
    settings: { events, 'single appends': single.batches, 'batches of 100': batch.batches },
    method: METHOD,
    figures: [
      ...(await appendFigures('single', join(folder, 'single'), short, single)),
      ...(await appendFigures('batch of 100', join(folder, 'batch'), short, batch)),
      await encodeFigure(short, clamp(events / 10, 1000, 100_000)),
      ...(await replayFigures(folder, rounds ?? 3, events)),
    ],
  };
}

const clamp = (value: number, least: number, most: number) => Math.round(Math.min(most, Math.max(least, value)));

async function appendFigures(
  name: string,
  folder: string,
  rounds: number,
  size: Pick<AppendInput, 'batches' | 'size'>,
): Promise<Figure[]> {
  mkdirSync(folder);
  const input: AppendInput = { folder, rounds, ...size };
  const { answer } = await inChild<AppendRound[]>(CHILD, 'append', input);
  rmSync(folder, { recursive: true });
  const each = (pick: (round: AppendRound) => number) => answer.map(pick);
  return [
    { name: `append, ${name}`, unit: 'events/s', rounds: each((r) => r.ours) },
    { name: `append, ${name}, bare loop`, unit: 'events/s', rounds: each((r) => r.bare) },
    {
      name: `append, ${name} ÷ bare loop`,
      unit: 'ratio',
      rounds: each((r) => r.ours / r.bare),
      target: { side: 'at least', limit: 0.8 },
    },
    {
      name: `encoding and append, ${name} ÷ bare loop`,
      unit: 'ratio',
      rounds: each((r) => r.oursEncoding / r.bare),
    },
  ];
}

async function encodeFigure(rounds: number, events: number): Promise<Figure> {
  const input: EncodeInput = { rounds, events };
  const { answer } = await inChild<number[]>(CHILD, 'encode', input);
  return { name: 'encoding', unit: 'events/s', rounds: answer };
}

async function replayFigures(folder: string, rounds: number, events: number): Promise<Figure[]> {
  const file = join(folder, 'log.db');
  const { answer: log } = await inChild<{ written: number }>(CHILD, 'write', { file, events } satisfies WriteInput);
  const results: (ReplayResult & { peakBytes: number | null })[] = [];
  for (let round = 0; round < rounds; round++) {
    const input: ReplayInput = { file, views: join(folder, `views-${round}.db`), events: log.written };
    const { answer, peakBytes } = await inChild<ReplayResult>(CHILD, 'replay', input);
    results.push({ ...answer, peakBytes });
  }
  const rss = (tenth: number) => results.map((r) => (r.rss[tenth - 1] as number) / MEGABYTE);
  const peaks = results.flatMap(({ peakBytes }) => (peakBytes === null ? [] : [peakBytes / MEGABYTE]));
  return [
    {
      name: 'replay',
      unit: 'events/s',
      rounds: results.map((r) => r.perSecond),
      target: { side: 'at least', limit: 200_000 },
    },
    ...[1, 5, 10].map((tenth) => ({ name: `replay, memory after ${tenth}0 %`, unit: 'MB', rounds: rss(tenth) })),
    {
      name: 'replay, memory at the end ÷ half way',
      unit: 'ratio',
      rounds: results.map((r) => (r.rss[9] as number) / (r.rss[4] as number)),
      target: { side: 'at most', limit: 1.1 },
    },
    ...(peaks.length > 0 ? [{ name: 'replay, peak memory of the process', unit: 'MB', rounds: peaks }] : []),
  ];
}

export const events: Bench = {
  name: 'events',
  summary: 'durable appends against a bare SQLite insert loop; replay through every projection',
  run,
};
