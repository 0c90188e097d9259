import type { EncodedText, Encoder } from './encoder.ts';
import type { Feed } from './session.ts';

/** Numbers of one input in one run: keeps it near a megabyte, whatever is asked. */
const MAX_CELLS = 1 << 18;
/** The same times the labels: a graph may look up a number for each label at each place. */
const MAX_PRODUCT = 1 << 20;

type Batch = {
  /** Which texts these are. */
  readonly rows: readonly number[];
  readonly feeds: Readonly<Record<string, Feed>>;
};

/**
 * Texts as batches of even width, the shortest texts first, so that little padding is computed.
 *
 * @param labels more of them make smaller batches
 */
export function* batchesOf(encoder: Encoder, texts: readonly string[], labels: number): Generator<Batch> {
  const most = Math.min(MAX_CELLS, MAX_PRODUCT / labels);
  const encoded = texts.map((text) => encoder.encode(text));
  const width = (row: number): number => widest(encoded[row] as EncodedText);
  const order = texts.map((_, row) => row).sort((a, b) => width(a) - width(b) || a - b);
  let rows: number[] = [];
  for (const row of order) {
    if (rows.length > 0 && (rows.length + 1) * width(row) > most) {
      yield { rows, feeds: feedsOf(encoder, encoded, rows) };
      rows = [];
    }
    rows.push(row);
  }
  if (rows.length > 0) yield { rows, feeds: feedsOf(encoder, encoded, rows) };
}

const widest = (text: EncodedText): number => Math.max(1, ...Object.values(text).map((values) => values.length));

function feedsOf({ padding }: Encoder, encoded: readonly EncodedText[], rows: readonly number[]) {
  const columns = rows.reduce((most, row) => Math.max(most, widest(encoded[row] as EncodedText)), 1);
  return Object.fromEntries(
    Object.entries(padding).map(([name, filler]): [string, Feed] => {
      const data = new Int32Array(rows.length * columns).fill(filler);
      rows.forEach((row, i) => {
        data.set(encoded[row]?.[name] ?? [], i * columns);
      });
      return [name, { data, rows: rows.length, columns }];
    }),
  );
}
