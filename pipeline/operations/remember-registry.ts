import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getIn } from '../config/layers.ts';
import type { LoadedConfig } from '../config/load.ts';
import { withSettings } from '../config/registry-file.ts';
import { writeOutput } from '../write-output.ts';

export type Remembered = { readonly file: string; readonly names: readonly string[] };

/**
 * Writes the settings of a registry that flags gave into the settings file, so that every later command here finds the
 * same registry. Comments and other settings of the file stay; without a file there, `pawl.yaml` is made.
 *
 * @returns null if the flags gave none
 * @throws {OutputError} nothing was written
 */
export async function rememberRegistry({ file, root, request, config }: LoadedConfig): Promise<Remembered | null> {
  const names = [...new Set(request.flags.map(({ path }) => path))].filter((path) => path.startsWith('registry.'));
  if (names.length === 0) return null;
  const values = names.map((path) => ({ path, value: getIn(config, path.split('.')) }));
  const target = file ?? join(root, 'pawl.yaml');
  await writeOutput(target, [withSettings(file === null ? null : readFileSync(file, 'utf8'), values)]);
  return { file: target, names };
}
