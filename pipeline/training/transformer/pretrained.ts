import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { plainPath } from '../../errors.ts';
import type { TrainedModel, TrainingContext } from '../trainer.ts';
import { WeightsError } from './errors.ts';
import { fetchModel, isHubId } from './hub.hub.ts';
import { loadFolder, type Pretrained, type PretrainedSource } from './weights.ts';

type Context = Pick<TrainingContext, 'folders' | 'hub' | 'report' | 'signal'>;

/**
 * Reads a pretrained encoder, with its head if it has one.
 *
 * @param model a Hugging Face folder, whose relative paths start at the configuration's folder, or a model's id on the
 *   hub
 * @param revision on the hub: branch, tag or commit; a commit makes a run repeatable
 * @throws {WeightsError} naming everything that is wrong
 * @throws {DownloadError} saying how to go on without the network
 */
export async function loadPretrained(model: string, context: Context, revision = 'main'): Promise<Pretrained> {
  const folder = resolve(context.folders.config, model);
  const found = await stat(folder).catch(() => null);
  if (found?.isDirectory()) return loadFolder(folder, context, { location: model, revision: null });
  if (!isHubId(model))
    throw new WeightsError(`${model} is no folder, and no model's id on the hub, as in distilbert-base-uncased`);
  const fetched = await fetchModel(model, revision, { ...context, cache: context.folders.cache });
  const loaded = await loadFolder(fetched.folder, context, { location: model, revision: fetched.commit });
  for (const { path, digest } of loaded.source.files)
    if (!fetched.files.some((file) => file.path === path && file.digest === digest))
      throw new WeightsError(`${path} of ${model} has changed since it was downloaded: delete ${fetched.folder}`);
  return loaded;
}

/** Where a model came from, as a manifest has it. */
export const recordOf = ({
  location,
  revision,
  digest,
}: PretrainedSource): NonNullable<TrainedModel['pretrained']> => ({
  location: plainPath(location).slice(-1000),
  revision,
  digest,
});
