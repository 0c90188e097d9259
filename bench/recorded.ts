import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { Machine } from './machine.ts';

const MeasuredFigure = z.strictObject({
  name: z.string(),
  unit: z.string(),
  rounds: z.array(z.number()).min(1),
  target: z.strictObject({ side: z.enum(['at least', 'at most']), limit: z.number() }).optional(),
  median: z.number(),
  met: z.boolean().optional(),
});
/** Of a published table: no single rounds are known. */
const TranscribedFigure = z.strictObject({
  name: z.string(),
  unit: z.string(),
  median: z.number(),
  /** Minimum and maximum of the rounds. */
  range: z.tuple([z.number(), z.number()]).optional(),
});

/** A file has one bench, under the name of the file. */
const benches = <F extends z.ZodType>(figure: F) =>
  z.tuple([
    z.strictObject({
      name: z.string(),
      status: z.literal('measured'),
      settings: z.record(z.string(), z.union([z.string(), z.number()])),
      method: z.array(z.string()),
      figures: z.array(figure),
      rows: z.array(z.unknown()).optional(),
      failed: z.literal(false).optional(),
    }),
  ]);

const head = { schema: z.literal('pawl.bench/1'), at: z.iso.datetime({ offset: true }) };

/** What `npm run bench -- NAME` writes. */
const Measured = z.strictObject({ ...head, machine: Machine, benches: benches(MeasuredFigure) });

/** What a page of an earlier commit showed, of results that were not kept. `at` is the time of that commit. */
const Transcribed = z.strictObject({
  ...head,
  transcribed: z.strictObject({
    commit: z.string().regex(/^[0-9a-f]{40}$/),
    /** The machine in the words of the page; null if it named none. */
    machine: z.string().nullable(),
  }),
  benches: benches(TranscribedFigure),
});

/** Results of a bench that docs/benchmarks.md shows. */
export const Recorded = z.union([Measured, Transcribed]);
export type Recorded = z.infer<typeof Recorded>;

/**
 * Every file of a folder, by the name of its bench.
 *
 * @throws {Error} if a file holds anything but measured results of the bench that it is named after
 */
export function readRecorded(folder: string): ReadonlyMap<string, Recorded> {
  return new Map(
    readdirSync(folder)
      .sort()
      .map((file) => [file.replace(/\.json$/, ''), recordedFrom(join(folder, file), file)]),
  );
}

function recordedFrom(path: string, file: string): Recorded {
  const parsed = Recorded.safeParse(JSON.parse(readFileSync(path, 'utf8')));
  if (!parsed.success)
    throw new Error(`${path}: not the measured results of one bench: ${z.prettifyError(parsed.error)}`);
  const [{ name }] = parsed.data.benches;
  if (file !== `${name}.json`) throw new Error(`${path}: name it ${name}.json, after its bench`);
  return parsed.data;
}
