import { existsSync } from 'node:fs';
import { isAbsolute, normalize, relative, resolve, sep } from 'node:path';
import type { DataOptions } from '../data/options.ts';
import type { Point } from './points.ts';

type Place = {
  /** The folder to which paths are relative. */
  readonly root: string;
  /** A folder that a volume brings, relative to it. */
  readonly volume: string | null;
};

/**
 * Files and folders of this machine that points read: those that the data's settings name, and paths in trainers'
 * settings that exist here. Relative ones are given as the settings have them.
 */
export function neededFiles(data: DataOptions, points: readonly Point[], { root, volume }: Place): string[] {
  const { kind: _, ...rest } = data;
  const named = Object.entries(rest).flatMap(([key, value]) =>
    ['path', 'train', 'test', 'unlabelled'].includes(key) && typeof value === 'string' ? [value] : [],
  );
  const trained = points.flatMap(({ config }) => textsIn(config)).filter((text) => isPathHere(root, text));
  const brought = (path: string): boolean =>
    volume !== null && `${resolve(root, path)}${sep}`.startsWith(`${resolve(root, volume)}${sep}`);
  return [...new Set([...named, ...trained].filter((path) => !brought(path)))].sort();
}

const isPathHere = (root: string, text: string): boolean =>
  /[./\\]/.test(text) &&
  !isAbsolute(text) &&
  !relative(root, resolve(root, normalize(text))).startsWith('..') &&
  existsSync(resolve(root, text));

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return value.length < 4000 ? [value] : [];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
