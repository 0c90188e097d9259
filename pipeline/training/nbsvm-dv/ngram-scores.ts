import type { HashedNgrams } from '../../../registry-repo/runtime/hashed-ngrams.ts';
import { zonesOf } from '../nbsvm/config.ts';
import { extractFeatures } from '../nbsvm/features.ts';
import type { ClassModel } from '../nbsvm/fit-class.ts';
import { fitScored, type Scored, type Scores } from '../nbsvm/fit-scored.ts';
import type { BinaryMatrix } from '../nbsvm/matrix.ts';
import type { Stage } from './stage.ts';

/** The rows' n-grams, in the form that `nbsvm` takes. */
export type Ngrams = {
  readonly matrix: BinaryMatrix;
  /** The id of each column. */
  readonly idOf: Int32Array;
  readonly preprocessor: HashedNgrams;
};

export async function readNgrams({ threads, context, config, targets }: Stage): Promise<Ngrams> {
  const { rows, report } = context;
  const found = await extractFeatures(threads, rows, {
    zones: zonesOf({ ...config, loss: 'logistic' }),
    bits: config.bits,
    singletons: config.singletons,
    outputs: 2 * targets.length,
    onProgress: (done, of) => report.progress('reading texts', done, of),
  });
  report.metric('features', found.matrix.width, 0);
  report.metric('bits', found.preprocessor.bits, 0);
  return found;
}

/**
 * NB-SVM's scores of the rows, by output.
 *
 * @param beside by output, existing scores: what should be added to them is learnt, as in boosting
 * @see Friedman, Hastie & Tibshirani (2000), "Additive Logistic Regression: A Statistical View of Boosting"
 */
export function ngramScores(
  { threads, context, config, truth, targets, folds }: Stage,
  { matrix }: Ngrams,
  beside: readonly Scores[] | null,
): Promise<Scored<ClassModel>[]> {
  const { seed } = context;
  const tasks = targets.map(
    (label) => ({ matrix, truth, label, config: { ...config, loss: 'logistic' }, seed }) as const,
  );
  return fitScored(threads, tasks, folds, beside);
}
