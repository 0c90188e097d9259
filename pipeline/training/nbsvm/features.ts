import type { Row } from '../../../registry-repo/rows.ts';
import type { HashedNgrams } from '../../../registry-repo/runtime/hashed-ngrams.ts';
import { type BinaryMatrix, sharedInts } from './matrix.ts';
import { Slots } from './slots.ts';
import type { Threads } from './threads.ts';

const SLOT_BITS = 27;
const CHUNK_ROWS = 500;
const [LEAST_BITS, MOST_BITS] = [10, 22];
/** The most bytes of a table, which has a weight and a ratio for each id and column of the output, a byte each. */
const MOST_TABLE_BYTES = 64 * 2 ** 20;
const MOST_CELLS = 2 ** 31 - 1;

/** The rows as a linear model sees them. */
export type Features = {
  readonly matrix: BinaryMatrix;
  readonly preprocessor: HashedNgrams;
  /** The feature id of each column, the most frequent first, because neighbours in memory are read together. */
  readonly idOf: Int32Array;
};

type Options = {
  readonly zones: HashedNgrams['zones'];
  /** 0 fits it to the data. */
  readonly bits: number;
  readonly singletons: boolean;
  /** Numbers in a model's output: bounds the table. */
  readonly outputs: number;
  readonly onProgress: (done: number, of: number) => void;
};

/**
 * Turns texts into a binary matrix, in threads. The result depends only on the rows and their order.
 *
 * @throws {RangeError} for more n-grams than can be numbered
 */
export async function extractFeatures(threads: Threads, rows: readonly Row[], options: Options): Promise<Features> {
  const { zones, singletons, outputs, onProgress } = options;
  const slots = new Slots(SLOT_BITS);
  await threads.everyone({ do: 'open', zones, slots: slots.shared });
  await threads.share(textChunks(rows, onProgress));
  onProgress(rows.length, rows.length);
  const { noted, repeated } = slots.counts();
  const bits = options.bits || fittingBits(singletons ? noted : repeated, outputs);
  const counts = sharedInts(2 ** bits);
  const lengths = await threads.everyone({ do: 'select', bits, keepAll: singletons, counts });
  const starts = startsOf(rows.length, lengths.flat());
  const { idOf, columnOf } = byFrequency(counts);
  const columns = sharedInts(starts[rows.length] as number);
  await threads.everyone({ do: 'place', columns, starts, columnOf });
  const matrix = { starts, columns, width: idOf.length };
  return { matrix, idOf, preprocessor: { kind: 'hashed-ngrams', tokens: 'words-1', bits, zones: [...zones] } };
}

function* textChunks(rows: readonly Row[], onProgress: Options['onProgress']) {
  for (let firstRow = 0; firstRow < rows.length; firstRow += CHUNK_ROWS) {
    onProgress(firstRow, rows.length);
    const texts = rows.slice(firstRow, firstRow + CHUNK_ROWS).map((row) => row.text);
    yield { do: 'hash', firstRow, texts } as const;
  }
}

/** At most two thirds of the ids are taken, within bounds, because n-grams that share an id cannot be told apart. */
function fittingBits(ngrams: number, outputs: number): number {
  const most = Math.min(MOST_BITS, Math.floor(Math.log2(MOST_TABLE_BYTES / (2 * outputs))));
  return Math.max(LEAST_BITS, Math.min(most, Math.ceil(Math.log2(1.5 * ngrams + 1))));
}

function startsOf(rows: number, chunks: readonly { firstRow: number; lengths: Int32Array }[]): Int32Array {
  const starts = sharedInts(rows + 1);
  for (const { firstRow, lengths } of chunks) starts.set(lengths, firstRow + 1);
  let sum = 0;
  for (let row = 1; row <= rows; row++) {
    sum += starts[row] as number;
    if (sum > MOST_CELLS)
      throw new RangeError(
        `the rows have more than ${MOST_CELLS} n-grams: lower training.config.order, or train on fewer`,
      );
    starts[row] = sum;
  }
  return starts;
}

/** Numbers the ids that occur, the most frequent first, of equal ones the smaller; a counting sort. */
function byFrequency(counts: Int32Array): { idOf: Int32Array; columnOf: Int32Array } {
  let [most, used] = [0, 0];
  for (const count of counts) {
    if (count > most) most = count;
    if (count > 0) used++;
  }
  const firstOf = new Int32Array(most + 2);
  for (const count of counts) firstOf[count] = (firstOf[count] as number) + 1;
  let sum = 0;
  for (let count = most; count >= 0; count--) {
    const here = firstOf[count] as number;
    firstOf[count] = sum;
    sum += here;
  }
  const idOf = new Int32Array(used);
  const columnOf = sharedInts(counts.length);
  for (let id = 0; id < counts.length; id++) {
    const count = counts[id] as number;
    if (count === 0) continue;
    const column = firstOf[count] as number;
    firstOf[count] = column + 1;
    idOf[column] = id;
    columnOf[id] = column;
  }
  return { idOf, columnOf };
}
