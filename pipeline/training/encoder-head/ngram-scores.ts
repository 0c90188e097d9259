import type { Row } from '../../../registry-repo/rows.ts';
import { foldsOf, partsOf } from '../folds.ts';
import { fitBeside } from '../nbsvm/beside.ts';
import type { FittedTables } from '../nbsvm/fit-tables.ts';
import type { TrainingContext } from '../trainer.ts';

/** The number of folds for the rows' scores. */
const PARTS = 5;

type Context = Pick<TrainingContext, 'labels' | 'seed' | 'workers' | 'report' | 'signal'>;

/**
 * NB-SVM of all rows, and for every row the score of a model that has not learnt from it (nor from equal rows). A
 * model's scores of its own training rows are too good; a stacked head that got them would ignore everything else.
 *
 * @see Wolpert (1992), "Stacked Generalization"
 */
export function ngramScores(context: Context, rows: readonly Row[], truth: Int32Array): Promise<FittedTables> {
  const parts = partsOf(
    rows.map(({ text }) => text),
    PARTS,
    `encoder-head ${context.seed} n-grams`,
  );
  const folds = foldsOf(parts);
  return fitBeside(context, rows, truth, folds.length > 1 ? folds : []);
}

/** Features with scores added: rows of `width` numbers and one more for each list of scores. */
export function sideBySide(features: Float32Array, width: number, scores: readonly Float64Array[]) {
  if (scores.length === 0) return { features, width };
  const wide = width + scores.length;
  const rows = features.length / width;
  const all = new Float32Array(rows * wide);
  for (let row = 0; row < rows; row++) {
    all.set(features.subarray(row * width, (row + 1) * width), row * wide);
    scores.forEach((own, i) => {
      all[row * wide + width + i] = own[row] as number;
    });
  }
  return { features: all, width: wide };
}
