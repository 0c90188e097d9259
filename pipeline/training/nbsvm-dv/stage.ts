import { Random } from '../../random.ts';
import type { Fold } from '../folds.ts';
import type { Threads } from '../nbsvm/threads.ts';
import type { TrainingContext } from '../trainer.ts';
import type { NbsvmDvConfig } from './config.ts';

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
