import type { HashedNgrams } from '../../../registry-repo/runtime/hashed-ngrams.ts';
import { gathered } from '../folds.ts';
import { zonesOf } from '../nbsvm/config.ts';
import { extractFeatures } from '../nbsvm/features.ts';
import type { ClassModel } from '../nbsvm/fit-class.ts';
import type { Stage } from './stage.ts';
import type { Scored } from './vector-scores.ts';

/** By output, what `nbsvm` makes of the rows. */
export async function ngramScores({ threads, context, config, truth, targets, folds }: Stage) {
  const { rows, seed, report } = context;
  const { matrix, idOf, preprocessor } = await extractFeatures(threads, rows, {
    zones: zonesOf({ ...config, loss: 'logistic' }),
    bits: config.bits,
    singletons: config.singletons,
    outputs: 2 * targets.length,
    onProgress: (done, of) => report.progress('reading texts', done, of),
  });
  report.metric('features', matrix.width, 0);
  report.metric('bits', preprocessor.bits, 0);
  const tasks = targets.map(
    (label) => ({ matrix, truth, label, config: { ...config, loss: 'logistic' }, seed }) as const,
  );
  const models = await threads.share(tasks.map((task) => ({ do: 'fit', ...task }) as const));
  const parts = tasks.flatMap((task) =>
    folds.map((fold, i) => ({ do: 'score-held', ...task, ...fold, part: `mix ${i}` }) as const),
  );
  const scores = await threads.share(parts);
  const scored = models.map((model, i): Scored<ClassModel> => {
    const own = scores.slice(i * folds.length, (i + 1) * folds.length);
    return { model, held: gathered(folds, own, rows.length) };
  });
  return { scored, idOf, preprocessor: preprocessor as HashedNgrams };
}
