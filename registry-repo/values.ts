import * as z from 'zod';

// The values that a registry's files are made of. They equal those of `events/values.ts`, which this folder may not
// import: a test compares the two.

/** Lower-case ASCII, so that no two names look alike, run right to left, or collide on any file system. */
export const Name = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/, 'use 1 to 64 lower-case letters, digits and inner dashes');

/** SHA-256 of exact bytes, `sha256:` and 64 hex digits. */
export const Digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'use sha256: and 64 hex digits');
export type Digest = z.infer<typeof Digest>;

/** A git object id: SHA-1 or SHA-256, whole. */
export const ObjectId = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, 'use a whole git object id');
export type ObjectId = z.infer<typeof ObjectId>;

export const RunId = z.string().regex(/^[0-9a-hjkmnp-tv-z]{12}$/, 'use a run id');
export const Version = z.int().min(1).max(1_000_000_000);
export const Count = z.int().min(0);
export const Share = z.number().min(0).max(1);
export const Instant = z.iso.datetime({ precision: 3 });
export const Label = z.string().min(1).max(200);

/** The only limit on labels. Loading data checks it, so that whatever is trained can be promoted and served. */
export const MAX_LABELS = 1000;

/** Labels in the order of a model's outputs; at least two, none twice. */
export const Labels = z
  .array(Label)
  .min(2)
  .max(MAX_LABELS)
  .refine((labels) => new Set(labels).size === labels.length, 'a label occurs twice');

/** `confusion[truth][predicted]`, rows and columns in the order of the labels beside it. */
export const Confusion = z.array(z.array(Count));
export type Confusion = z.infer<typeof Confusion>;

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

/** Confusion counts as they are stored: all of them, or of many labels only those that are not 0 (`storedCounts`). */
export const Counts = z.union([
  Confusion,
  z.strictObject({ sparse: z.array(SparseRow).max(MAX_LABELS).refine(inOrder, 'a label is none, or out of order') }),
]);
export type Counts = z.infer<typeof Counts>;

/** A file name inside one version's folder: no folders, no hidden files, nothing that git or a shell reads specially. */
export const FileName = z
  .string()
  .max(100)
  .regex(/^[a-zA-Z0-9][a-zA-Z0-9_-]*(?:\.[a-zA-Z0-9_-]+)*$/, 'use a plain file name');

export const VersionRef = z.strictObject({ version: Version, manifest: Digest });
export type VersionRef = z.infer<typeof VersionRef>;
