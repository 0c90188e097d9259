import type { EncodedText, Encoder } from './encoded-text.ts';
import type { Feed } from './session.ts';

/** Numbers of one input in one run, times the labels: a graph may look up a number for each label at each place. */
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
export const batchesOf = (encoder: Encoder, texts: readonly string[], labels: number): Generator<Batch> =>
  batchesOfEncoded(
    encoder,
    texts.map((text) => encoder.encode(text)),
    labels,
  );

/** The same of texts that are encoded already. */
export function* batchesOfEncoded(
  encoder: Omit<Encoder, 'encode'>,
  encoded: readonly EncodedText[],
  labels: number,
): Generator<Batch> {
  const most = Math.min(encoder.cells, MAX_PRODUCT / labels);
  const width = (row: number): number => widest(encoded[row] as EncodedText);
  const order = encoded.map((_, row) => row).sort((a, b) => width(a) - width(b) || a - b);
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

function feedsOf(
  { padding, bucket }: Omit<Encoder, 'encode'>,
  encoded: readonly EncodedText[],
  rows: readonly number[],
) {
  const longest = rows.reduce((most, row) => Math.max(most, widest(encoded[row] as EncodedText)), 1);
  const columns = Math.ceil(longest / bucket) * bucket;
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
