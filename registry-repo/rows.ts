import { createHash } from 'node:crypto';
import * as z from 'zod';
import { RegistryError } from './errors.ts';
import { normalForm } from './normal-form.ts';
import { Label } from './values.ts';
import { wordsOf } from './words.ts';

/** A labelled text: what a model learns from and is measured on. */
export const Row = z.strictObject({ text: z.string(), label: Label });
export type Row = z.infer<typeof Row>;

/**
 * Prints rows as bytes: one canonical line each, in order of their bytes, so that a set has one digest however it was
 * read.
 */
export function printRows(rows: readonly Row[]): Buffer {
  const lines = rows.map(({ label, text }) => Buffer.from(`${JSON.stringify({ label, text })}\n`, 'utf8'));
  return Buffer.concat(lines.sort(Buffer.compare));
}

/** The bytes are no canonical text of rows. */
export class MalformedRowsError extends RegistryError {
  readonly code = 'malformed_rows';
}

/** @throws {MalformedRowsError} naming the first line that is not a row in canonical form or order */
export function parseRows(bytes: Uint8Array): Row[] {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new MalformedRowsError('the rows are not UTF-8', { cause });
  }
  const lines = text.split('\n');
  if (lines.pop() !== '') throw new MalformedRowsError('the last row does not end in a line feed: the file is cut off');
  const rows = lines.map(parseLine);
  if (!printRows(rows).equals(bytes)) throw new MalformedRowsError('the rows are not in canonical order or form');
  return rows;
}

function parseLine(line: string, index: number): Row {
  try {
    return Row.parse(JSON.parse(line));
  } catch (cause) {
    throw new MalformedRowsError(`line ${index + 1} is not a row: ${(cause as Error).message}`, { cause });
  }
}

/** Bytes of one row key. With 2⁶⁴ keys, a chance collision among millions of rows is negligible. */
export const ROW_KEY_BYTES = 8;

/**
 * Hash of a text without case, spacing and compatibility forms. Repetitions of a row have the same key, and splits are
 * decided by it.
 */
export function rowKey(text: string): Buffer {
  return hashed(plain(text));
}

/**
 * Hash of the letters and digits of a text's words. Two rows with the same key count as leaked into each other: a full
 * stop, soft hyphen, joiner, case or space does not make a row another one. A text without a word has its `rowKey`.
 * Labels do not count: the same text with another label leaks as well.
 */
export function leakKey(text: string): Buffer {
  const letters = wordsOf(text).replaceAll(' ', '');
  return letters === '' ? rowKey(text) : hashed(`words\n${letters}`);
}

// Single spaces, which most spacing is, are left alone; that makes it three times as fast.
const plain = (text: string): string =>
  normalForm(text, 'NFKC')
    .toLowerCase()
    .replace(/ \s+|[^\S ]\s*/gu, ' ')
    .trim();

const hashed = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest().subarray(0, ROW_KEY_BYTES);

/**
 * `leakKey`s of many rows, sorted and without repetitions, one after the other: small enough to be sent with a model.
 */
export function printRowKeys(texts: Iterable<string>): Buffer {
  const keys = new Set<string>();
  for (const text of texts) keys.add(leakKey(text).toString('hex'));
  return Buffer.from([...keys].sort().join(''), 'hex');
}

/**
 * The rows whose key is among `keys`. The keys are not unpacked, because there may be hundreds of millions.
 *
 * @param keys as `printRowKeys` made them; those of earlier versions, of `rowKey`s, are also found
 * @throws {MalformedRowsError} keys cut off, out of order or repeated
 */
export function rowsWithin(rows: readonly Row[], keys: Uint8Array): Row[] {
  const sorted = Buffer.from(keys.buffer, keys.byteOffset, keys.length);
  checkKeys(sorted);
  return rows.filter(({ text }) => hasKey(sorted, leakKey(text)) || hasKey(sorted, rowKey(text)));
}

function checkKeys(keys: Buffer): void {
  if (keys.length % ROW_KEY_BYTES !== 0)
    throw new MalformedRowsError(`row keys are ${ROW_KEY_BYTES} bytes each, but there are ${keys.length} bytes`);
  for (let at = ROW_KEY_BYTES; at < keys.length; at += ROW_KEY_BYTES)
    if (keys.compare(keys, at - ROW_KEY_BYTES, at, at, at + ROW_KEY_BYTES) <= 0)
      throw new MalformedRowsError(`the row keys are not in ascending order at byte ${at}`);
}

function hasKey(sorted: Buffer, key: Buffer): boolean {
  let [from, to] = [0, sorted.length / ROW_KEY_BYTES];
  while (from < to) {
    const middle = (from + to) >>> 1;
    const order = key.compare(sorted, middle * ROW_KEY_BYTES, (middle + 1) * ROW_KEY_BYTES);
    if (order === 0) return true;
    if (order < 0) to = middle;
    else from = middle + 1;
  }
  return false;
}
