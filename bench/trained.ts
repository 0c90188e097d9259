import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TrainedModel, TrainingContext } from '../pipeline/training/trainer.ts';
import { trainers } from '../pipeline/training/trainers.ts';
import { MACRO } from '../registry-repo/averaging.ts';
import { loadRuntime } from '../registry-repo/runtime/load.ts';
import type { Runtime } from '../registry-repo/runtime/runtime.ts';
import { REVIEWS } from './measure.ts';
import { tell } from './process.ts';

type Given = Pick<TrainingContext, 'rows' | 'labels' | 'workers'> & Partial<TrainingContext>;

/** A model by the trainer of that name, as `pawl train` makes it, without the events. */
export function trainWith(name: string, config: Record<string, unknown>, given: Given): Promise<TrainedModel> {
  const trainer = trainers.find((t) => t.name === name);
  if (!trainer) throw new Error(`there is no trainer ${name}`);
  return trainer.train(trainingContext(given), trainer.config.parse(config) as never);
}

export const trainingContext = (given: Given): TrainingContext => ({
  averaging: given.labels.includes(REVIEWS.positive) ? REVIEWS : MACRO,
  unlabelled: [],
  folders: { config: '.', cache: '.', checkpoints: '.' },
  hub: { endpoint: 'https://huggingface.co', offline: true, fetch },
  apart: null,
  seed: 1,
  report: { metric: () => {}, epoch: () => {}, progress: tell },
  signal: new AbortController().signal,
  ...given,
});

const DESCRIPTION = 'description.json';

/** Writes a model's files, and what the runtime needs to know of them. */
export function save(folder: string, labels: readonly string[], model: TrainedModel): void {
  const { files, preprocessor, contract } = model;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, DESCRIPTION), JSON.stringify({ labels, preprocessor, contract }));
  for (const { path, bytes } of files) writeFileSync(join(folder, path), bytes);
}

/** A model that `save` wrote. */
export const open = (folder: string): Promise<Runtime> =>
  loadRuntime({
    manifest: JSON.parse(readFileSync(join(folder, DESCRIPTION), 'utf8')),
    file: (path) => readFileSync(join(folder, path)),
  });

/** @returns seconds since the last call */
export function stopwatch(): () => number {
  let last = performance.now();
  return () => {
    const now = performance.now();
    const seconds = (now - last) / 1000;
    last = now;
    return seconds;
  };
}
