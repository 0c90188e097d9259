import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import * as z from 'zod';
import type { Trainer } from '../training/trainer.ts';
import { trainers } from '../training/trainers.ts';
import { SweepDefinition } from './definition.ts';
import { SweepError } from './errors.ts';
import { type Point, pointsOf } from './points.ts';

export type Sweep = {
  readonly definition: SweepDefinition;
  readonly trainer: Trainer;
  readonly points: readonly Point[];
};

/** Reads `sweep.yaml`, and every point of it against its trainer's settings. @throws {SweepError} telling all that is wrong */
export function readSweep(path: string): Sweep {
  let value: unknown;
  try {
    value = parse(readFileSync(path, 'utf8'), { maxAliasCount: 100 });
  } catch (cause) {
    throw new SweepError(`${path}: ${(cause as Error).message.split('\n')[0]}`, { cause });
  }
  const { success, data, error } = SweepDefinition.safeParse(value);
  if (!success) throw new SweepError(`${path}:\n${z.prettifyError(error)}`, { cause: error });
  const trainer = trainers.find(({ name }) => name === data.trainer);
  if (!trainer)
    throw new SweepError(`${path}: no trainer ${data.trainer}; there are ${trainers.map((t) => t.name).join(', ')}`);
  const points = pointsOf(data);
  const wrong = points.flatMap(({ index, config }) => {
    const checked = trainer.config.safeParse(config);
    return checked.success ? [] : [`point ${index}: ${z.prettifyError(checked.error)}`];
  });
  if (wrong.length > 0)
    throw new SweepError(
      `${path}: ${wrong.length} of ${points.length} points are not possible\n${wrong.slice(0, 5).join('\n')}`,
    );
  return { definition: data, trainer, points };
}
