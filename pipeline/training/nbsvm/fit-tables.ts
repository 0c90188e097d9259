import type { Row } from '../../../registry-repo/rows.ts';
import type { HashedNgrams } from '../../../registry-repo/runtime/hashed-ngrams.ts';
import type { QuantizedTables } from '../../onnx/embedding-bag.ts';
import type { Fold } from '../folds.ts';
import { type NbsvmConfig, zonesOf } from './config.ts';
import { extractFeatures } from './features.ts';
import { fitScored } from './fit-scored.ts';
import { quantize } from './quantize-tables.ts';
import type { Threads } from './threads.ts';

type Task = {
  /** Label index of every row. */
  readonly truth: Int32Array;
  /** 1 for two labels, else one for each label. */
  readonly outputs: number;
  readonly config: NbsvmConfig;
  readonly seed: number;
  readonly onProgress: (done: number, of: number) => void;
  /** Whose held-out rows are scored by models of the others. */
  readonly folds?: readonly Fold[];
};

export type FittedTables = {
  readonly tables: QuantizedTables;
  readonly preprocessor: HashedNgrams;
  /** How many n-grams there are; those that share an id count once. */
  readonly features: number;
  /** By output, the scores of held-out rows. [rows] each */
  readonly held: readonly Float64Array[];
};

/** Fits NB-SVM models of rows, as the tables of an embedding bag. */
export async function fitTables(threads: Threads, rows: readonly Row[], task: Task): Promise<FittedTables> {
  const { truth, outputs, config, seed, onProgress, folds = [] } = task;
  const { matrix, idOf, preprocessor } = await extractFeatures(threads, rows, {
    ...{ zones: zonesOf(config), bits: config.bits, singletons: config.singletons, outputs, onProgress },
  });
  const tasks = Array.from({ length: outputs }, (_, i) => {
    const label = outputs === 1 ? 1 : i;
    return { matrix, truth, label, config, seed } as const;
  });
  const fitted = await fitScored(threads, tasks, folds);
  const models = fitted.map(({ model }) => model);
  const held = fitted.map((one) => one.held);
  return { tables: quantize(models, idOf, preprocessor.bits), preprocessor, features: matrix.width, held };
}
