import { MODEL_FILE } from '../../../registry-repo/manifest.ts';
import { contractOf, embeddingBag } from '../../onnx/embedding-bag.ts';
import type { TrainedModel, TrainingContext } from '../trainer.ts';
import type { NbsvmConfig } from './config.ts';
import { fitTables } from './fit-tables.ts';
import { onThreads } from './on-threads.ts';
import type { Threads } from './threads.ts';

/** The training of `nbsvm`; loaded when a run begins. */
export async function train(context: TrainingContext, config: NbsvmConfig): Promise<TrainedModel> {
  return onThreads(context, config.epochs, (threads, outputs) => learn(threads, context, config, outputs));
}

async function learn(
  threads: Threads,
  { rows, labels, seed, report }: TrainingContext,
  config: NbsvmConfig,
  outputs: number,
): Promise<TrainedModel> {
  const index = new Map(labels.map((label, i) => [label, i]));
  const truth = Int32Array.from(rows, (row) => index.get(row.label) as number);
  const { tables, preprocessor, features } = await fitTables(threads, rows, {
    ...{ truth, outputs, config, seed },
    onProgress: (done, of) => report.progress('reading texts', done, of),
  });
  report.metric('features', features, 0);
  report.metric('bits', preprocessor.bits, 0);
  return {
    files: [{ path: MODEL_FILE, bytes: embeddingBag(tables, labels.length) }],
    preprocessor,
    contract: contractOf(labels.length),
  };
}
