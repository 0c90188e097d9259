import { createHash } from 'node:crypto';
import type { Row } from '../../registry-repo/rows.ts';
import type { Digest } from '../../registry-repo/values.ts';

// The digest of `printRows` in two steps that never hold the bytes of a split: rows are sorted by the first bytes of
// their lines, and hashed line by line.

const line = ({ label, text }: Row): string => `${JSON.stringify({ label, text })}\n`;

/** One character for each byte, so that comparing strings compares bytes. */
const bytesOf = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

const PREFIX = 48;
const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00;

/** The beginning of the row's line, cut between two characters. */
function lineStart(row: Row): string {
  if (row.text.length <= PREFIX) return bytesOf(line(row));
  const end = isHighSurrogate(row.text.charCodeAt(PREFIX - 1)) ? PREFIX - 1 : PREFIX;
  return bytesOf(line({ label: row.label, text: row.text.slice(0, end) }).slice(0, -3)); // without `"}` and line feed
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The same rows in the order in which `printRows` prints them. */
export function inCanonicalOrder(rows: readonly Row[]): Row[] {
  const starts = rows.map((row) => ({ row, start: lineStart(row) }));
  starts.sort((a, b) =>
    a.start.startsWith(b.start) || b.start.startsWith(a.start)
      ? order(bytesOf(line(a.row)), bytesOf(line(b.row)))
      : order(a.start, b.start),
  );
  return starts.map(({ row }) => row);
}

/** `digestOf(printRows(rows))` of rows that are in canonical order already. */
export function digestOfOrdered(rows: readonly Row[]): Digest {
  const hash = createHash('sha256');
  for (const row of rows) hash.update(line(row), 'utf8');
  return `sha256:${hash.digest('hex')}`;
}
