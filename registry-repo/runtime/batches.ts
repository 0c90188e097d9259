import type { EncodedText, Encoder, Padding } from './encoded-text.ts';
import type { Feed } from './session.ts';

/**
 * The most numbers of one input in one run, times the labels: a graph may look up a number for each label at each
 * place.
 */
const MAX_PRODUCT = 1 << 20;

type Batch = {
  /** Which texts these are. */
  readonly rows: readonly number[];
  readonly feeds: Readonly<Record<string, Feed>>;
};

/**
 * Puts texts into batches. All texts of a batch have the same width, and a text's width depends on its own numbers
 * only, so padding reveals nothing of other texts. Texts that take the smallest share of a run come first.
 *
 * @param labels more of them make smaller batches
 * @param most texts in one batch: 1 for a graph that is not row-wise
 */
export const batchesOf = (
  encoder: Encoder,
  texts: readonly string[],
  labels: number,
  most = Number.POSITIVE_INFINITY,
): Generator<Batch> =>
  batchesOfEncoded(
    encoder,
    texts.map((text) => encoder.encode(text)),
    labels,
    most,
  );

/** The same for texts that are encoded already. */
export function* batchesOfEncoded(
  encoder: Pick<Encoder, 'inputs'>,
  encoded: readonly EncodedText[],
  labels: number,
  most = Number.POSITIVE_INFINITY,
): Generator<Batch> {
  const inputs = Object.entries(encoder.inputs);
  const cells = inputs.map(([, padding]) => Math.min(padding.cells, MAX_PRODUCT / labels));
  const shareOf = (widths: readonly number[]) => Math.max(...widths.map((width, i) => width / (cells[i] as number)));
  const groups = new Map<string, { widths: readonly number[]; rows: number[] }>();
  encoded.forEach((text, row) => {
    const widths = inputs.map(([name, { width }]) => width(text[name]?.length ?? 0));
    const key = widths.join();
    const group = groups.get(key);
    if (group) group.rows.push(row);
    else groups.set(key, { widths, rows: [row] });
  });
  for (const { widths, rows } of [...groups.values()].sort((a, b) => shareOf(a.widths) - shareOf(b.widths))) {
    const atOnce = Math.max(1, Math.min(most, Math.floor(1 / shareOf(widths))));
    for (let from = 0; from < rows.length; from += atOnce) {
      const some = rows.slice(from, from + atOnce);
      yield { rows: some, feeds: feedsOf(inputs, encoded, some, widths) };
    }
  }
}

function feedsOf(
  inputs: readonly (readonly [string, Padding])[],
  encoded: readonly EncodedText[],
  rows: readonly number[],
  widths: readonly number[],
) {
  return Object.fromEntries(
    inputs.map(([name, { filler }], input): [string, Feed] => {
      const columns = widths[input] as number;
      const data = new Int32Array(rows.length * columns).fill(filler);
      rows.forEach((row, i) => {
        data.set(encoded[row]?.[name] ?? [], i * columns);
      });
      return [name, { data, rows: rows.length, columns }];
    }),
  );
}
