import { type Fold, gathered } from '../folds.ts';
import type { ClassModel, ClassTask } from './fit-class.ts';
import type { Threads } from './threads.ts';

/** A model of all rows, and for every row its score by a model of other rows. */
export type Scored<M> = { readonly model: M; readonly held: Float64Array };

/** Existing scores of every row: from a model of all rows, and from that of each fold's other rows. */
export type Scores = { readonly all: Float64Array; readonly folds: readonly Float64Array[] };

/**
 * Fits models of all rows, one for each task, and of each fold's others. @param beside by task, what the models are
 * added to
 */
export async function fitScored(
  threads: Threads,
  tasks: readonly Omit<ClassTask, 'offset'>[],
  folds: readonly Fold[],
  beside: readonly Scores[] | null = null,
): Promise<Scored<ClassModel>[]> {
  const offset = (scores: Float64Array | undefined) => (scores ? { offset: scores } : {});
  const models = await threads.share(
    tasks.map((task, i) => ({ do: 'fit', ...task, ...offset(beside?.[i]?.all) }) as const),
  );
  const parts = tasks.flatMap((task, i) =>
    folds.map(
      (fold, j) =>
        ({ do: 'score-held', ...task, ...fold, part: `mix ${j}`, ...offset(beside?.[i]?.folds[j]) }) as const,
    ),
  );
  const scores = await threads.share(parts);
  return models.map((model, i) => {
    const own = scores.slice(i * folds.length, (i + 1) * folds.length);
    return { model, held: gathered(folds, own, tasks[i]?.truth.length ?? 0) };
  });
}
