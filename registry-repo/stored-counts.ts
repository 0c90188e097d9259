import type { Confusion, Counts } from './values.ts';

/** With more labels, almost all counts are 0, and only the others are stored. */
export const MOST_DENSE_LABELS = 50;

/** Counts as files and events keep them: their size grows with what was counted, not with the square of the labels. */
export const storedCounts = (confusion: Confusion): Counts =>
  confusion.length <= MOST_DENSE_LABELS ? confusion : { sparse: confusion.map(printRow) };

/** Stored counts in the form that is computed with. Those of old files are in it already. */
export const denseCounts = (counts: Counts): Confusion =>
  'sparse' in counts ? counts.sparse.map((row) => parseRow(row, counts.sparse.length)) : counts;

const printRow = (row: readonly number[]): string => {
  const cells: string[] = [];
  row.forEach((count, predicted) => {
    if (count > 0) cells.push(`${predicted}:${count}`);
  });
  return cells.join(' ');
};

function parseRow(row: string, labels: number): number[] {
  const counts = new Array<number>(labels).fill(0);
  for (const cell of row === '' ? [] : row.split(' ')) {
    const [predicted = 0, count = 0] = cell.split(':').map(Number);
    counts[predicted] = count;
  }
  return counts;
}
