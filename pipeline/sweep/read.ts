import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { canonicalJson } from '../../events/canonical-json.ts';
import { ConfigError, type ConfigProblem } from '../config/config-error.ts';
import { type Layer, yamlLayer } from '../config/layers.ts';
import { resolveConfig } from '../config/resolve.ts';
import { settingsOf } from '../config/settings.ts';
import type { Trainer } from '../training/trainer.ts';
import { trainers } from '../training/trainers.ts';
import { wrongParameters, wrongPoints } from './check.ts';
import { SweepDefinition } from './definition.ts';
import { SweepError } from './errors.ts';
import { type Point, pointsOf } from './points.ts';

export type Sweep = {
  readonly definition: SweepDefinition;
  readonly trainer: Trainer;
  readonly points: readonly Point[];
};

/** The largest file of a sweep. */
const MOST_BYTES = 1_000_000;
const MOST_PROBLEMS = 20;

/**
 * Reads `sweep.yaml`, and checks every point against its trainer's settings.
 *
 * @param folder where a relative path starts @throws {SweepError} naming all that is wrong
 */
export function readSweep(path: string, folder = '.'): Sweep {
  const layer = wellFormed(yamlLayer(textOf(path, folder), path), path);
  const { definition, problems } = definitionOf(layer);
  const trainer = trainers.find(({ name }) => name === layer.values.trainer);
  if (trainer) problems.push(...placedIn(layer, wrongParameters(trainer, layer.values.parameters)));
  if (!definition || !trainer) throw refused(path, problems);
  const points = pointsOf(definition);
  const told = new Set(problems.map((p) => p.path.replace(/^parameters/, 'config')));
  problems.push(...placedIn(layer, wrongPoints(trainer, points)).filter((p) => !told.has(p.path)));
  if (problems.length > 0) throw refused(path, problems);
  return { definition, trainer, points };
}

function textOf(path: string, folder: string): string {
  try {
    const file = resolve(folder, path);
    const found = statSync(file);
    if (!found.isFile() || found.size > MOST_BYTES)
      throw new Error(`it is no file of at most ${MOST_BYTES} bytes, as a list of settings would be`);
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new SweepError(`${path}: ${code === 'ENOENT' ? 'there is no such file' : message}`, { cause });
  }
}

/** @throws {SweepError} if it is no YAML, or could not be recorded as JSON */
function wellFormed(layer: Layer, path: string): Layer {
  if (layer.problems.length > 0) throw refused(path, layer.problems);
  try {
    canonicalJson(layer.values);
  } catch (cause) {
    throw new SweepError(`${path}: ${(cause as Error).message}`, { cause });
  }
  return layer;
}

function definitionOf(layer: Layer): { definition: SweepDefinition | null; problems: ConfigProblem[] } {
  try {
    const { config } = resolveConfig(SweepDefinition, settingsOf(SweepDefinition), [layer]);
    return { definition: config, problems: [] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { definition: null, problems: [...error.problems] };
  }
}

const placedIn = (layer: Layer, problems: readonly Pick<ConfigProblem, 'path' | 'message'>[]): ConfigProblem[] =>
  problems.map(({ path, message }) => {
    const [section = '', ...name] = path.split('.');
    return {
      path,
      message,
      origin: layer.origin(section === 'parameters' ? [section, name.join('.')] : [section, ...name]),
    };
  });

function refused(path: string, problems: readonly ConfigProblem[]): SweepError {
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  const lines = problems.map((p) => `  ${p.path || '(root)'}: ${p.message}${p.origin ? ` (${p.origin})` : ''}`);
  const more = lines.length > MOST_PROBLEMS ? [`  and ${lines.length - MOST_PROBLEMS} more`] : [];
  return new SweepError(`${path} has ${count}:\n${[...lines.slice(0, MOST_PROBLEMS), ...more].join('\n')}`);
}
