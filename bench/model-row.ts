import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { f1Interval } from '../pipeline/evaluation/intervals.ts';
import { share, textTable } from '../pipeline/table.ts';
import { f1 } from '../registry-repo/f1.ts';
import { toNumber } from '../registry-repo/fraction.ts';
import type { Confusion } from '../registry-repo/values.ts';
import { REVIEWS, REVIEWS_F1 } from './measure.ts';

/** The results of one way to train on the reviews. */
export const Trained = z.strictObject({
  name: z.string(),
  /** The backend that computed. */
  backend: z.string(),
  /** By `REVIEWS`, with its 95 % interval. */
  f1: z.number(),
  low: z.number(),
  high: z.number(),
  /** Seconds from texts in memory to files on the disk. */
  train: z.number(),
  /** Processor seconds of these, of all threads together: other programs affect them less. */
  cpu: z.number(),
  modelBytes: z.number().nullable(),
  /** Predictions from text to probabilities, on one thread. */
  textsPerSecond: z.number(),
  peakBytes: z.number().nullable(),
});
export type Trained = z.infer<typeof Trained>;

const NotTrained = z.strictObject({
  name: z.string(),
  reason: z.string(),
  /** When it was tried. */
  failed: z.literal(true).optional(),
});

/** A row of the table: figures, or why there are none. */
export const ModelRow = z.union([Trained, NotTrained]);
export type ModelRow = z.infer<typeof ModelRow>;

/** From `confusion[truth][predicted]`, by `REVIEWS`, with its 95 % interval. */
export function f1Of(labels: readonly string[], confusion: Confusion): Pick<Trained, 'f1' | 'low' | 'high'> {
  const value = toNumber(f1(labels, confusion, REVIEWS));
  return { f1: value, ...(f1Interval(labels, confusion, REVIEWS) ?? { low: value, high: value }) };
}

const HEAD = [
  'trained by',
  REVIEWS_F1,
  '95 % interval',
  'training',
  'processor time',
  'model',
  'texts/s',
  'peak',
  'backend',
];

export function rowTable(rows: readonly ModelRow[]): string {
  const without = ({ name, reason, failed }: z.infer<typeof NotTrained>) =>
    failed ? [name, 'failed, see above'] : [name, `not run: ${reason}`];
  const cells = rows.map((row) => ('reason' in row ? without(row) : cellsOf(row)));
  return textTable(
    HEAD,
    cells.map((row) => HEAD.map((_, i) => row[i] ?? '')),
    [3, 4, 5, 6, 7],
  );
}

const megabytes = (bytes: number | null): string => (bytes === null ? '–' : `${(bytes / 1e6).toFixed(1)} MB`);

const seconds = (value: number): string => `${value.toFixed(1)} s`;

const cellsOf = (row: Trained): string[] => {
  const { name, backend, f1, low, high, train, cpu, modelBytes, textsPerSecond, peakBytes } = row;
  const interval = `${share(low)} – ${share(high)}`;
  return [
    ...[name, share(f1), interval, seconds(train), seconds(cpu), megabytes(modelBytes)],
    ...[Math.round(textsPerSecond).toLocaleString('en-US'), megabytes(peakBytes), backend],
  ];
};

const Results = z.looseObject({
  benches: z.array(z.looseObject({ name: z.string(), rows: z.array(ModelRow).optional() })),
});

/**
 * The rows that an earlier call measured, by name.
 *
 * @param file what `--json` wrote
 * @throws {TypeError} if it is not that
 */
export function earlierRows(file: string): ReadonlyMap<string, Trained> {
  try {
    const { benches } = Results.parse(JSON.parse(readFileSync(file, 'utf8')));
    const rows = benches.flatMap((bench) => (bench.name === 'models' ? (bench.rows ?? []) : []));
    return new Map(rows.flatMap((row) => ('reason' in row ? [] : [[row.name, row] as const])));
  } catch (cause) {
    throw new TypeError(`--with ${file}: not the results of a bench: ${(cause as Error).message}`, { cause });
  }
}
