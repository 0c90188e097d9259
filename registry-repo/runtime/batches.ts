import type { EncodedText, Encoder, Padding } from './encoded-text.ts';
import type { Feed } from './session.ts';

/** Numbers of one input in one run, times the labels: a graph may look up a number for each label at each place. */
const MAX_PRODUCT = 1 << 20;

type Batch = {
  /** Which texts these are. */
  readonly rows: readonly number[];
  readonly feeds: Readonly<Record<string, Feed>>;
};

/**
 * Texts as batches, those that take the smallest share of a run first, so that little padding is computed. Every input is as
 * wide as its own longest row.
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
  encoder: Pick<Encoder, 'inputs'>,
  encoded: readonly EncodedText[],
  labels: number,
): Generator<Batch> {
  const inputs = Object.entries(encoder.inputs);
  const most = inputs.map(([, { cells }]) => Math.min(cells, MAX_PRODUCT / labels));
  const widths = encoded.map((text) => inputs.map(([name]) => widthOf(text, name)));
  const share = widths.map((own) => Math.max(...own.map((width, i) => width / (most[i] as number))));
  const total = widths.map((own) => own.reduce((sum, width) => sum + width, 0));
  const by = (numbers: readonly number[], a: number, b: number) => (numbers[a] as number) - (numbers[b] as number);
  const order = encoded.map((_, row) => row).sort((a, b) => by(share, a, b) || by(total, a, b) || a - b);
  let rows: number[] = [];
  let widest = inputs.map(() => 1);
  for (const row of order) {
    const own = widths[row] as number[];
    const wider = widest.map((width, i) => Math.max(width, own[i] as number));
    if (rows.length > 0 && wider.some((width, i) => (rows.length + 1) * width > (most[i] as number))) {
      yield { rows, feeds: feedsOf(inputs, encoded, rows, widest) };
      rows = [];
      widest = own;
    } else widest = wider;
    rows.push(row);
  }
  if (rows.length > 0) yield { rows, feeds: feedsOf(inputs, encoded, rows, widest) };
}

const widthOf = (text: EncodedText, name: string): number => Math.max(1, text[name]?.length ?? 0);

function feedsOf(
  inputs: readonly (readonly [string, Padding])[],
  encoded: readonly EncodedText[],
  rows: readonly number[],
  widest: readonly number[],
) {
  return Object.fromEntries(
    inputs.map(([name, { filler, bucket }], input): [string, Feed] => {
      const columns = Math.ceil((widest[input] as number) / bucket) * bucket;
      const data = new Int32Array(rows.length * columns).fill(filler);
      rows.forEach((row, i) => {
        data.set(encoded[row]?.[name] ?? [], i * columns);
      });
      return [name, { data, rows: rows.length, columns }];
    }),
  );
}
