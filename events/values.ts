import * as z from 'zod';

// The values that events are made of. Shares are in [0, 1], sizes in bytes, durations in milliseconds.

/** A training run, e.g. `1v8k2m0p4qxa`: sorts by start time (see `timeSortedId`). */
export const RunId = z.string().regex(/^[0-9a-hjkmnp-tv-z]{12}$/);
export type RunId = z.infer<typeof RunId>;

/** One attempt to change production; its ids have the same form as a run's. */
export const PromotionId = RunId;
export type PromotionId = z.infer<typeof PromotionId>;

/** Lower-case ASCII, so that no two names look alike or collide on any file system. */
export const ModelName = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/, 'use 1 to 64 lower-case letters, digits and inner dashes');
export type ModelName = z.infer<typeof ModelName>;

/** Version of a model, counted from 1 in the order of proposal; gaps are versions that never reached production. */
export const Version = z.int().min(1).max(1_000_000_000);

/** SHA-256 of exact bytes, `sha256:` and 64 hex digits. */
export const Digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
export type Digest = z.infer<typeof Digest>;

/** A git object id: SHA-1 or SHA-256, whole. */
export const ObjectId = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/);
export type ObjectId = z.infer<typeof ObjectId>;

/** UTC, RFC 3339, milliseconds. For information only: the order of events is the stream's revision. */
export const Instant = z.iso.datetime({ precision: 3 });

export const Count = z.int().min(0);
export const Milliseconds = z.number().min(0);
export const Share = z.number().min(0).max(1);

/** JSON cannot express NaN, but a loss that is not a number is still worth keeping. */
export const MetricValue = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])]);

export const Label = z.string().min(1).max(200);

/**
 * One row of counts: `predicted:count` for each count that is not 0, in order, with spaces between. Counts have fewer than 16 digits,
 * so that they are exact.
 */
const SparseRow = z
  .string()
  .max(20_000)
  .regex(
    /^(?:(?:0|[1-9]\d{0,2}):[1-9]\d{0,14}(?: (?:0|[1-9]\d{0,2}):[1-9]\d{0,14})*)?$/,
    'use predicted:count, with spaces',
  );

/** Each label once and in order, so that the same counts always have the same form. */
function inOrder(rows: readonly string[]): boolean {
  return rows.every((row) => {
    const labels = row === '' ? [] : row.split(' ').map((cell) => Number(cell.split(':', 1)[0]));
    return labels.every((label, i) => label < rows.length && label > (labels[i - 1] ?? -1));
  });
}

/**
 * Counts of an evaluation, `confusion[truth][predicted]`, rows and columns in the order of `labels`: all of them, or of many labels
 * only those that are not 0.
 */
export const Counts = z.union([
  z.array(z.array(Count)),
  z.strictObject({ sparse: z.array(SparseRow).max(1000).refine(inOrder, 'a label is none, or out of order') }),
]);

/** A version pinned by its manifest's digest. */
export const VersionRef = z.strictObject({ version: Version, manifest: Digest });
export type VersionRef = z.infer<typeof VersionRef>;

/** A machine-readable code and a sentence for people. */
export const Reason = z.strictObject({ code: z.string().regex(/^[a-z0-9-]+$/), message: z.string().max(2000) });
export type Reason = z.infer<typeof Reason>;

/** Why an event exists: which command wrote it, which event caused it, by whom, through which program. */
export const Meta = z.strictObject({
  correlationId: z.string().min(1).max(200),
  causationId: z.uuid().nullable(),
  actor: z.string().min(1).max(200),
  source: z.string().min(1).max(200),
});
export type Meta = z.infer<typeof Meta>;
