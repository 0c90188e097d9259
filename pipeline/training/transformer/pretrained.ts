import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { TrainingContext } from '../trainer.ts';
import { WeightsError } from './errors.ts';
import { loadFolder, type Pretrained } from './weights.ts';

type Context = Pick<TrainingContext, 'folders' | 'report' | 'signal'>;

/**
 * A pretrained encoder, with its head if it has one.
 *
 * @param model a Hugging Face folder; relative paths start at the configuration's folder
 * @throws {WeightsError} naming everything that is in the way
 */
export async function loadPretrained(model: string, context: Context): Promise<Pretrained> {
  const folder = resolve(context.folders.config, model);
  const found = await stat(folder).catch(() => null);
  if (found?.isDirectory()) return loadFolder(folder, context, { location: model, revision: null });
  throw new WeightsError(`${model} is no folder`);
}
