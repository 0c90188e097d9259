import stringWidth from 'string-width';

/**
 * Columns of text, aligned and without lines, as `git` and `kubectl` print them. The caller formats numbers.
 *
 * @param right columns aligned to the right
 * @param own how many headings are Pawl's, and so in capitals; the rest are the user's words, such as labels
 * @param width how many terminal columns a cell takes; called once for each cell
 */
export function textTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
  own = head.length,
  width: (cell: string) => number = stringWidth,
): string {
  const lines = [head.map((h, i) => (i < own ? h.toUpperCase() : h)), ...rows].map((line) => line.map(oneLine));
  const measured = lines.map((line) => line.map((cell) => width(cell)));
  const widths = head.map((_, i) => measured.reduce((most, line) => Math.max(most, line[i] ?? 0), 0));
  const padded = (cell: string, line: number, i: number): string => {
    const space = ' '.repeat((widths[i] ?? 0) - (measured[line]?.[i] ?? 0));
    return right.includes(i) ? space + cell : cell + space;
  };
  return lines
    .map((line, n) =>
      line
        .map((cell, i) => padded(cell, n, i))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** With more labels, a table of counts is too large to read. */
const MOST_TABLED_LABELS = 30;
const MOST_CONFUSIONS = 20;

/**
 * Counts for people, `confusion[truth][predicted]` in the order of the labels: a table, or for many labels the most
 * frequent confusions.
 */
export function confusionTable(labels: readonly string[], confusion: readonly (readonly number[])[]): string {
  if (labels.length > MOST_TABLED_LABELS) return mostConfused(labels, confusion);
  return textTable(
    ['truth \\ predicted', ...labels],
    labels.map((label, i) => [label, ...(confusion[i] ?? []).map(String)]),
    labels.map((_, i) => i + 1),
    1,
  );
}

function mostConfused(labels: readonly string[], confusion: readonly (readonly number[])[]): string {
  const wrong = confusion
    .flatMap((row, truth) => row.map((rows, predicted) => ({ rows, truth, predicted })))
    .filter(({ rows, truth, predicted }) => rows > 0 && truth !== predicted)
    .sort((a, b) => b.rows - a.rows);
  if (wrong.length === 0) return `no row of any of ${labels.length} labels is taken for another`;
  const table = textTable(
    ['truth', 'predicted', 'rows'],
    wrong
      .slice(0, MOST_CONFUSIONS)
      .map(({ rows, truth, predicted }) => [labels[truth] ?? '', labels[predicted] ?? '', String(rows)]),
    [2],
  );
  const more = wrong.length - MOST_CONFUSIONS;
  return more > 0 ? `${table}\nand ${more} more pairs of labels: --json has all counts` : table;
}

/** Control characters could move a terminal's cursor; a line feed would break the row. */
const oneLine = (cell: string): string => cell.replace(/\s+/gu, ' ').replace(/\p{C}/gu, '');

/** A share with four decimals, so that people can compare it. */
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
