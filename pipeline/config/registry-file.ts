import { parseDocument, stringify } from 'yaml';
import type { Config } from './config.ts';

/** The file of a registry with settings for its own workflows; it is on main, and so only a review changes it. */
export const REGISTRY_SETTINGS_PATH = 'pawl.yaml';

const HEAD = `# Where the gate's workflow finds models that are not in this repository. No secrets belong here.
`;

/** The settings that a registry's own workflows need; null if the registry itself holds all they need. */
export function registrySettings({ artifacts, registry }: Pick<Config, 'artifacts' | 'registry'>): string | null {
  const { store, repository, s3 } = artifacts;
  if (registry.forge === 'local' || store === 'local') return null;
  const where = store === 's3' ? { s3 } : repository === null ? {} : { repository };
  return HEAD + stringify({ artifacts: { store, ...where } });
}

/** A settings file with some values set; everything else in it, and its comments, stay. @param text null for a new file */
export function withSettings(text: string | null, values: readonly { path: string; value: unknown }[]): string {
  const document = parseDocument(text ?? '', { logLevel: 'error' });
  for (const { path, value } of values) document.setIn(path.split('.'), value);
  return document.toString({ lineWidth: 0 });
}
