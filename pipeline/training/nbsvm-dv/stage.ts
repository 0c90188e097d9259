import { Random } from '../../random.ts';
import type { Threads } from '../nbsvm/threads.ts';
import type { TrainingContext } from '../trainer.ts';
import type { NbsvmDvConfig } from './config.ts';

/** Rows to hold back while the two models are compared. */
export type Fold = { readonly rows: Int32Array; readonly held: Int32Array };

/** What all parts of one training have in common. */
export type Stage = {
  readonly threads: Threads;
  readonly context: TrainingContext;
  readonly config: NbsvmDvConfig;
  /** Label index of every row. */
  readonly truth: Int32Array;
  /** The label of each output. */
  readonly targets: readonly number[];
  readonly folds: readonly Fold[];
};

/** Every row is held back once. */
export function foldsOf(rows: number, count: number, seed: number): Fold[] {
  const shuffled = Int32Array.from({ length: rows }, (_, i) => i);
  Random.named(`nbsvm-dv ${seed} folds`).shuffle(shuffled);
  return Array.from({ length: count }, (_, fold) => ({
    rows: shuffled.filter((_, i) => i % count !== fold).sort(),
    held: shuffled.filter((_, i) => i % count === fold),
  }));
}

/** The scores of all rows, from those of each fold's held rows. */
export function gathered(folds: readonly Fold[], scores: readonly Float64Array[], rows: number): Float64Array {
  const all = new Float64Array(rows);
  folds.forEach(({ held }, fold) => {
    for (const [i, row] of held.entries()) all[row] = scores[fold]?.[i] as number;
  });
  return all;
}
