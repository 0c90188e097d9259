import type { Row } from '../../../registry-repo/rows.ts';
import { Subwords } from '../../../registry-repo/runtime/subwords.ts';
import { splitOf } from '../../data/split.ts';
import type { TrainingContext } from '../trainer.ts';
import { tokenize } from './tokenize.ts';

/** A text as token ids, special ones included, and the number of its label. */
export type Example = { readonly ids: Int32Array; readonly label: number };

export type Examples = {
  readonly train: readonly Example[];
  /** What the best weights are chosen by; held out of `train`. */
  readonly validation: readonly Example[];
  /** The rows of either, in order. */
  readonly rows: { readonly train: readonly Row[]; readonly validation: readonly Row[] };
};

type Context = Pick<TrainingContext, 'rows' | 'labels' | 'seed' | 'report' | 'signal'>;

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
  const numbers = new Map(labels.map((label, i) => [label, i]));
  const ids = await tokenize(
    new Subwords(tokenizer, maxLength),
    rows.map((row) => row.text),
    { report, signal },
  );
  const all = rows.map((row, i): Example => ({ ids: ids[i] as Int32Array, label: numbers.get(row.label) as number }));
  return heldOut(all, rows, labels.length, seed, validationShare);
}

/** Lets signals and timers in. @throws the signal's reason */
export async function breathe(signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  signal.throwIfAborted();
}

function heldOut(all: readonly Example[], rows: readonly Row[], labels: number, seed: number, part: number): Examples {
  const sides = { train: [] as number[], test: [] as number[] };
  rows.forEach((row, i) => {
    sides[part > 0 ? splitOf(row.text, part, seed) : 'train'].push(i);
  });
  const examples = (side: readonly number[]) => side.map((i) => all[i] as Example);
  const complete = (side: readonly number[]) => new Set(examples(side).map((e) => e.label)).size === labels;
  if (!complete(sides.train) || !complete(sides.test))
    return { train: all, validation: [], rows: { train: rows, validation: [] } };
  const own = (side: readonly number[]) => side.map((i) => rows[i] as Row);
  return {
    train: examples(sides.train),
    validation: examples(sides.test),
    rows: { train: own(sides.train), validation: own(sides.test) },
  };
}
