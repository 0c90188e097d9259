import type { Row } from '../../../registry-repo/rows.ts';
import { abortable } from '../abortable.ts';
import type { Fold } from '../folds.ts';
import type { TrainingContext } from '../trainer.ts';
import { NbsvmConfig } from './config.ts';
import { type FittedTables, fitTables } from './fit-tables.ts';
import { Threads } from './threads.ts';

/** How many scores of an embedding bag so many labels need. */
export const outputsOf = (labels: number): number => (labels === 2 ? 1 : labels);

/**
 * NB-SVM with its own defaults, for a blend or stack with another model. Reports the metric `ngrams/features`.
 *
 * @param folds whose held-out rows are scored by models of the others
 */
export async function fitBeside(
  { labels, seed, workers, report, signal }: Pick<TrainingContext, 'labels' | 'seed' | 'workers' | 'report' | 'signal'>,
  rows: readonly Row[],
  truth: Int32Array,
  folds: readonly Fold[] = [],
): Promise<FittedTables> {
  signal.throwIfAborted();
  const outputs = outputsOf(labels.length);
  const threads = new Threads(Math.max(1, Math.min(workers, rows.length)), () => {});
  const progress = (done: number, of: number) => report.progress('reading n-grams', done, of);
  try {
    const work = fitTables(threads, rows, {
      ...{ truth, outputs, seed, folds, config: NbsvmConfig.parse({}), onProgress: progress },
    });
    const fitted = await abortable(work, signal);
    report.metric('ngrams/features', fitted.features, 0);
    return fitted;
  } finally {
    await threads.close();
  }
}
