import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import * as z from 'zod';
import { PawlError } from '../../events/errors.ts';
import { noCounts } from '../../registry-repo/evaluation.ts';
import { normalForm } from '../../registry-repo/normal-form.ts';
import type { Row } from '../../registry-repo/rows.ts';
import { SLICES, sliceByLength } from '../../registry-repo/slices.ts';

/** The file defines no valid slices. */
export class InvalidSlicesError extends PawlError {
  readonly code = 'invalid_slices';
}

/**
 * Slices that a user names: the rows whose text has one of the words. Words are compared literally, without case, and
 * only where they are whole. They are never patterns, so no slice can be slow.
 */
export const UserSlices = z
  .array(
    z.strictObject({
      name: z.string().min(1).max(100),
      words: z.array(z.string().trim().min(1).max(200)).min(1).max(1000),
    }),
  )
  .max(100)
  .refine((slices) => new Set(slices.map(({ name }) => name)).size === slices.length, 'two slices have one name');
export type UserSlices = z.infer<typeof UserSlices>;

const MAX_BYTES = 1_000_000;

/** @param folder where a relative path starts @throws {InvalidSlicesError} naming what is wrong with the file */
export function readSlices(path: string, folder = '.'): UserSlices {
  const file = resolve(folder, path);
  const invalid = (why: string, cause?: unknown) =>
    new InvalidSlicesError(`${path}: ${why}; it is to be [{"name": "price", "words": ["price", "cost"]}]`, { cause });
  let value: unknown;
  try {
    if (statSync(file).size > MAX_BYTES) throw invalid(`more than ${MAX_BYTES} bytes`);
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    if (cause instanceof InvalidSlicesError) throw cause;
    throw invalid((cause as Error).message, cause);
  }
  const parsed = UserSlices.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalid(`${issue?.path.join('.') || 'the file'}: ${issue?.message}`);
}

/** A model's results on some of the rows. */
export type SliceCounts = { readonly name: string; readonly rows: number; readonly confusion: number[][] };

/** The number of sources with a slice of their own: the largest; the rest share one. */
const MOST_SOURCES = 20;

/** The name of each row's slice by source, and all names, those of many rows first. */
function bySource(origins: readonly string[]): { readonly names: string[]; readonly of: string[] } {
  const counts = new Map<string, number>();
  for (const origin of origins) counts.set(origin, (counts.get(origin) ?? 0) + 1);
  const largest = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).slice(0, MOST_SOURCES);
  const kept = new Map(largest.map(([origin]) => [origin, `source ${origin.slice(0, 100) || '(none)'}`]));
  const of = origins.map((origin) => kept.get(origin) ?? 'other sources');
  return { names: [...new Set([...kept.values(), ...of])], of };
}

/**
 * Counts on thirds by length, as the gate has them, by source if rows have one, and on the user's slices; a row may be
 * in many.
 */
export function countSlices(
  rows: readonly Row[],
  answered: { readonly truth: ArrayLike<number>; readonly predicted: ArrayLike<number>; readonly labels: number },
  user: UserSlices,
  origins: readonly string[] | null = null,
): SliceCounts[] {
  const byLength = sliceByLength(rows.map(({ text }) => text));
  const sources = bySource(origins ?? []);
  const places = new Map(sources.names.map((name, i) => [name, SLICES.length + i]));
  const firstOfUser = SLICES.length + sources.names.length;
  const sliced = [...SLICES, ...sources.names, ...user.map(({ name }) => name)].map((name) => ({
    name,
    rows: 0,
    confusion: noCounts(answered.labels),
  }));
  const count = (slice: number, row: number) => {
    const into = sliced[slice] as (typeof sliced)[number];
    const counts = into.confusion[answered.truth[row] as number] as number[];
    const predicted = answered.predicted[row] as number;
    counts[predicted] = (counts[predicted] ?? 0) + 1;
    into.rows++;
  };
  const words = user.map((slice) => slice.words.map(spaced));
  rows.forEach(({ text }, row) => {
    count(byLength.of[row] as number, row);
    const source = places.get(sources.of[row] ?? '');
    if (source !== undefined) count(source, row);
    const plain = user.length > 0 ? spaced(text) : '';
    words.forEach((wanted, u) => {
      if (wanted.some((word) => plain.includes(word))) count(firstOfUser + u, row);
    });
  });
  return sliced;
}

/** Words with one space round each, so that a word is found only whole. */
const spaced = (text: string): string =>
  ` ${normalForm(text, 'NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}]+/gu, ' ')
    .trim()} `;
