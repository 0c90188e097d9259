import { Random } from '../../../registry-repo/random.ts';
import type { Fold } from '../folds.ts';
import type { Threads } from '../nbsvm/threads.ts';
import type { TrainingContext } from '../trainer.ts';
import type { NbsvmDvConfig } from './config.ts';

/** Inputs that all parts of one training share. */
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

export function stageOf(threads: Threads, context: TrainingContext, config: NbsvmDvConfig, outputs: number): Stage {
  const { rows, labels, seed } = context;
  const index = new Map(labels.map((label, i) => [label, i]));
  const truth = Int32Array.from(rows, (row) => index.get(row.label) as number);
  const targets = outputs === 1 ? [1] : labels.map((_, i) => i);
  const folds = foldsOf(rows.length, Math.min(config.folds, rows.length), seed);
  return { threads, context, config, truth, targets, folds };
}

/** Every row is held out once. */
function foldsOf(rows: number, count: number, seed: number): Fold[] {
  const shuffled = Int32Array.from({ length: rows }, (_, i) => i);
  Random.named(`nbsvm-dv ${seed} folds`).shuffle(shuffled);
  return Array.from({ length: count }, (_, fold) => ({
    rows: shuffled.filter((_, i) => i % count !== fold).sort(),
    held: shuffled.filter((_, i) => i % count === fold),
  }));
}
