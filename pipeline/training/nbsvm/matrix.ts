/** Sets of features, one for each row, in shared memory: row i holds `columns[starts[i] .. starts[i + 1])`. */
export type BinaryMatrix = {
  readonly starts: Int32Array;
  readonly columns: Int32Array;
  /** Columns are 0 to width - 1. */
  readonly width: number;
};

/** Shared memory, so that threads can see a matrix without a copy. */
export const sharedInts = (length: number): Int32Array => new Int32Array(new SharedArrayBuffer(4 * length));

/** How many rows have each column; of the rows for which `among` is true, if it is given. */
export function columnCounts(
  { starts, columns, width }: BinaryMatrix,
  among: (row: number) => boolean = () => true,
): Int32Array {
  const counts = new Int32Array(width);
  for (let row = 0; row + 1 < starts.length; row++) {
    if (!among(row)) continue;
    const end = starts[row + 1] as number;
    for (let i = starts[row] as number; i < end; i++) {
      const column = columns[i] as number;
      counts[column] = (counts[column] as number) + 1;
    }
  }
  return counts;
}
