import type { Row } from '../../../registry-repo/rows.ts';
import { Subwords } from '../../../registry-repo/runtime/subwords.ts';
import { splitOf } from '../../data/split.ts';
import type { TrainingContext } from '../trainer.ts';

/** A text as token ids, special ones included, and the number of its label. */
export type Example = { readonly ids: Int32Array; readonly label: number };

export type Examples = {
  readonly train: readonly Example[];
  /** What the best weights are chosen by; held out of `train`. */
  readonly validation: readonly Example[];
};

type Context = Pick<TrainingContext, 'rows' | 'labels' | 'seed' | 'report' | 'signal'>;

/** Texts between two looks at the signal. */
const CHUNK = 256;

/**
 * Rows as the model will see them. Which are held out depends on their texts and the seed, so equal texts stay together; with
 * fewer than one row of each label on both sides, nothing is.
 *
 * @param tokenizer `tokenizer.json`
 * @throws {RangeError} if it leaves no room for text
 */
export async function readExamples(
  { rows, labels, seed, report, signal }: Context,
  tokenizer: Uint8Array,
  { maxLength, validationShare }: { readonly maxLength: number; readonly validationShare: number },
): Promise<Examples> {
  const subwords = new Subwords(tokenizer, maxLength);
  const numbers = new Map(labels.map((label, i) => [label, i]));
  const started = performance.now();
  const all: Example[] = [];
  for (const row of rows) {
    if (all.length % CHUNK === 0) {
      await breathe(signal);
      report.progress('reading texts', all.length, rows.length);
    }
    all.push({ ids: Int32Array.from(subwords.ids(row.text)), label: numbers.get(row.label) as number });
  }
  report.progress('reading texts', rows.length, rows.length);
  const tokens = all.reduce((sum, { ids }) => sum + ids.length, 0);
  report.metric('tokens', tokens, 0);
  report.metric('tokens a second, tokenizing', tokens / Math.max(1e-3, (performance.now() - started) / 1000), 0);
  report.metric(
    'share of texts as long as allowed',
    share(all, ({ ids }) => ids.length >= maxLength),
    0,
  );
  return heldOut(all, rows, labels.length, seed, validationShare);
}

/** Lets signals and timers in. @throws the signal's reason */
export async function breathe(signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  signal.throwIfAborted();
}

const share = <T>(items: readonly T[], is: (item: T) => boolean): number =>
  items.length === 0 ? 0 : items.filter(is).length / items.length;

function heldOut(all: readonly Example[], rows: readonly Row[], labels: number, seed: number, part: number): Examples {
  const sides = { train: [] as Example[], test: [] as Example[] };
  rows.forEach((row, i) => {
    sides[part > 0 ? splitOf(row.text, part, seed) : 'train'].push(all[i] as Example);
  });
  const complete = (side: readonly Example[]) => new Set(side.map((e) => e.label)).size === labels;
  return complete(sides.train) && complete(sides.test)
    ? { train: sides.train, validation: sides.test }
    : { train: all, validation: [] };
}
