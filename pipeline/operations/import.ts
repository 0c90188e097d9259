import { digestOf } from '../../registry-repo/digest.ts';
import { type Dataset, loadDataset, loadForeign } from '../data/load.ts';
import type { Listener } from '../progress.ts';
import { TrainingRepository } from '../source/repository.git.ts';
import { ImportError } from '../training/import/errors.ts';
import { type ImportFiles, labelsOf, readImport } from '../training/import/files.ts';
import { tableHeights } from '../training/import/tables.ts';
import { type ImportConfig, importedModel, importTrainer } from '../training/import/trainer.ts';
import type { RunRequest } from '../training/request.ts';
import { type RunOutcome, runTraining } from '../training/run.ts';
import { loadContext } from './dataset.ts';
import { UsageError } from './not-found.ts';
import { averagingFor, runPorts, type TrainWorld } from './train.ts';

/** BERT's own length, if no other is given. */
const MAX_LENGTH = 512;

export type ImportOptions = {
  /** In the order of the outputs, with commas; if left out, the model's own config names them. */
  readonly labels: string | undefined;
  readonly values: ImportConfig['values'];
  /** How many tokens of a text are read; null for as many as the model takes. */
  readonly maxLength: number | null;
  /** Whether it was trained on the training rows of the configured data. */
  readonly trainedOnData: boolean;
};

/**
 * Makes a run and a candidate of a model that was trained elsewhere, measured on the test rows of the configured data.
 */
export async function importFiles(
  world: TrainWorld,
  paths: Parameters<typeof readImport>[0],
  options: ImportOptions,
  listener: Listener,
  signal: AbortSignal,
): Promise<RunOutcome> {
  const files = await readImport(paths);
  const labels = labelsOf(options.labels, files.config);
  const request = await requestOf(world, files, labels, options);
  return runTraining(runPorts(world, listener, signal), request, () =>
    dataset(world, labels, options, listener, signal),
  );
}

async function requestOf(
  world: TrainWorld,
  { onnx, tokenizer, config }: ImportFiles,
  labels: readonly string[],
  { values, maxLength }: ImportOptions,
): Promise<RunRequest> {
  const { model, training, data } = world.config;
  const most = Math.min(
    config?.max_position_embeddings ?? MAX_LENGTH,
    tableHeights(onnx).positions ?? MAX_LENGTH,
    MAX_LENGTH,
  );
  const length = maxLength ?? most;
  if (!Number.isInteger(length) || length < 4 || length > 8192)
    throw new UsageError('--max-length is a whole number from 4 to 8192');
  const settings: ImportConfig = {
    ...{ onnx: digestOf(onnx), tokenizer: digestOf(tokenizer) },
    ...{ maxLength: length, padId: config?.pad_token_id ?? 0, values },
  };
  return {
    ...{
      model,
      trainer: importTrainer(importedModel({ onnx, tokenizer }, labels, settings)),
      config: settings,
      workers: 1,
      seed: training.seed,
    },
    trigger: { kind: 'manual' },
    code: await new TrainingRepository(world.loaded.root).code(),
    dataOptions: data as Record<string, unknown>,
    averaging: () => averagingFor(world, model, labels),
  };
}

async function dataset(
  world: TrainWorld,
  labels: readonly string[],
  { trainedOnData }: ImportOptions,
  listener: Listener,
  signal: AbortSignal,
): Promise<Dataset> {
  const context = loadContext(world, listener, signal);
  if (!trainedOnData) return loadForeign(world.config.data, labels, context);
  const found = await loadDataset(world.config.data, context, { near: true });
  const unknown = found.facts.labels.filter((label) => !labels.includes(label));
  if (unknown.length > 0)
    throw new ImportError(`the data has labels that the model does not know: ${unknown.join(', ')} (--labels)`);
  return { ...found, facts: { ...found.facts, labels: [...labels] } };
}
