import Table from 'cli-table3';

/**
 * Columns of text, aligned and without lines, as `git` and `kubectl` print them. Numbers are for the caller to format.
 *
 * @param right columns aligned to the right
 * @param own how many headings are ours, and so in capitals; the rest are words of users, such as labels
 */
export function textTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
  own = head.length,
): string {
  const none = [
    'top',
    'top-mid',
    'top-left',
    'top-right',
    'bottom',
    'bottom-mid',
    'bottom-left',
    'bottom-right',
    'left',
    'left-mid',
    'mid',
    'mid-mid',
    'right',
    'right-mid',
  ];
  const table = new Table({
    head: head.map((h, i) => oneLine(i < own ? h.toUpperCase() : h)),
    chars: { ...Object.fromEntries(none.map((name) => [name, ''])), middle: '  ' },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colAligns: head.map((_, i) => (right.includes(i) ? 'right' : 'left')),
  });
  table.push(...rows.map((row) => row.map(oneLine)));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Counts as a table; `confusion[truth][predicted]`, in the order of the labels. */
export const confusionTable = (labels: readonly string[], confusion: readonly (readonly number[])[]): string =>
  textTable(
    ['truth \\ predicted', ...labels],
    labels.map((label, i) => [label, ...(confusion[i] ?? []).map(String)]),
    labels.map((_, i) => i + 1),
    1,
  );

/** Control characters could move a terminal's cursor; a line feed would break the row. */
const oneLine = (cell: string): string => cell.replace(/\s+/gu, ' ').replace(/\p{C}/gu, '');

/** A share as people compare it: four decimals. */
export const share = (value: number): string => value.toFixed(4);

/** Bytes in the largest unit that keeps a number above one. */
export function bytes(n: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const unit = n < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(n) / 3));
  return `${unit === 0 ? n : (n / 1000 ** unit).toFixed(1)} ${units[unit]}`;
}

/** Milliseconds as people read them. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const minutes = Math.floor(ms / 60_000);
  return minutes < 60
    ? `${minutes} min ${Math.round((ms % 60_000) / 1000)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
