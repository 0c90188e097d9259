import { type Row, rowKey } from '../../../registry-repo/rows.ts';
import { Subwords } from '../../../registry-repo/runtime/subwords.ts';
import { isValidation, splitOf } from '../../data/split.ts';
import type { TrainingContext } from '../trainer.ts';
import { NoValidationRowsError } from './errors.ts';
import type { FitConfig } from './fit-config.ts';
import { tokenize } from './tokenize.ts';

/** A text as token ids, special ones included, and the number of its label. */
export type Example = { readonly ids: Int32Array; readonly label: number };

export type Examples = {
  readonly train: readonly Example[];
  /** The rows by which the best weights are chosen; held out of `train`. */
  readonly validation: readonly Example[];
  /** The rows of either, in order. */
  readonly rows: { readonly train: readonly Row[]; readonly validation: readonly Row[] };
};

type Context = Pick<TrainingContext, 'rows' | 'labels' | 'seed' | 'report' | 'signal'>;

type HoldOut = Pick<FitConfig, 'validationShare' | 'validationDraw'>;

/**
 * Rows as the model gets them. Which are held out depends on their texts and the seed, so equal texts stay together. A
 * label keeps its training rows if all of them were drawn.
 *
 * @param tokenizer `tokenizer.json`
 * @throws {RangeError} if it leaves no room for text
 * @throws {NoValidationRowsError} if a share was asked for and holds out nothing to choose by
 */
export async function readExamples(
  { rows, labels, seed, report, signal }: Context,
  tokenizer: Uint8Array,
  { maxLength, ...holdOut }: HoldOut & Pick<FitConfig, 'maxLength'>,
): Promise<Examples> {
  const isHeld =
    holdOut.validationDraw === 1 ? firstDraw(rows, labels, seed, holdOut) : draw(rows, labels, seed, holdOut);
  const numbers = new Map(labels.map((label, i) => [label, i]));
  const ids = await tokenize(
    new Subwords(tokenizer, maxLength),
    rows.map((row) => row.text),
    { report, signal },
  );
  const all = rows.map((row, i): Example => ({ ids: ids[i] as Int32Array, label: numbers.get(row.label) as number }));
  const side = <T>(of: readonly T[], wanted: boolean): T[] => of.filter((_, i) => isHeld[i] === wanted);
  return {
    train: side(all, false),
    validation: side(all, true),
    rows: { train: side(rows, false), validation: side(rows, true) },
  };
}

/** With two labels F1 needs rows of both; with more labels, rows of two. Otherwise an epoch cannot be chosen. */
const LEAST_LABELS = 2;

/** For each row whether it is held out. @throws {NoValidationRowsError} */
function draw(rows: readonly Row[], labels: readonly string[], seed: number, { validationShare }: HoldOut): boolean[] {
  if (validationShare === 0) return rows.map(() => false);
  const drawn = rows.map((row) => isValidation(row.text, validationShare, seed));
  const kept = labelsWhere(rows, (i) => !drawn[i]);
  const lost = new Set(labels.filter((label) => !kept.has(label)));
  const keys = rows.map((row) => (lost.size > 0 ? rowKey(row.text).toString('latin1') : ''));
  const back = new Set(keys.filter((_, i) => lost.has(rows[i]?.label ?? '')));
  const held = drawn.map((is, i) => is && !back.has(keys[i] as string));
  const found = labelsWhere(rows, (i) => held[i] === true);
  if (found.size < LEAST_LABELS) throw new NoValidationRowsError(rows.length, validationShare, [...found]);
  return held;
}

/**
 * The first way to draw, for runs from before there was a second: by the hash that also draws test rows, so none is
 * found if both draws have one seed; and none, if either side would lack a label. Runs that are repeated get their rows
 * again.
 */
function firstDraw(
  rows: readonly Row[],
  labels: readonly string[],
  seed: number,
  { validationShare }: HoldOut,
): boolean[] {
  const held = rows.map((row) => validationShare > 0 && splitOf(row.text, validationShare, seed) === 'test');
  const complete = (side: boolean) => labelsWhere(rows, (i) => held[i] === side).size === labels.length;
  return complete(true) && complete(false) ? held : rows.map(() => false);
}

const labelsWhere = (rows: readonly Row[], wanted: (row: number) => boolean): Set<string> =>
  new Set(rows.filter((_, i) => wanted(i)).map((row) => row.label));
