import { dirname } from 'node:path';
import type { TrainedModel } from '../../pipeline/training/trainer.ts';
import { trainers } from '../../pipeline/training/trainers.ts';
import { MODEL_FILE } from '../../registry-repo/manifest.ts';
import { goldenFile } from './golden.ts';
import { LABELS, rowsFor } from './models.ts';
import { temporaryFolder } from './paths.ts';
import { trainingContext } from './training-context.ts';

/** The graph of a model by a trainer, learnt quickly. @param each rows for each of twenty words */
export async function trainedGraph(name: string, config: Record<string, unknown>, each = 2): Promise<Uint8Array> {
  const folder = temporaryFolder();
  const folders = { config: folder, cache: folder, checkpoints: folder };
  const trainer = trainers.find((t) => t.name === name);
  const context = trainingContext({ rows: rowsFor('train', each), labels: LABELS, folders, workers: 2 });
  return graphOf((await trainer?.train(context, trainer.config.parse(config) as never)) as TrainedModel);
}

export const graphOf = ({ files }: TrainedModel): Uint8Array =>
  files.find((f) => f.path === MODEL_FILE)?.bytes as Uint8Array;

/** Settings that make those trainers quick. */
export const QUICK = {
  rnn: { backend: 'wasm', maxLength: 16, batch: 8, epochs: 1, vocabulary: 100, embedding: 8, hidden: 6 },
  encoder: { model: dirname(goldenFile('tiny-bert', 'config.json')), maxLength: 32 },
  vectors: { dimensions: 8, vectorCount: 2, vectorEpochs: 1, folds: 2 },
} as const;
