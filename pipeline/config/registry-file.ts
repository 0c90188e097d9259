import { stringify } from 'yaml';
import type { Config } from './config.ts';

/** Where a registry says what its own workflows need to know; on main, and so changed by review alone. */
export const REGISTRY_SETTINGS_PATH = 'pawl.yaml';

const HEAD = `# Where the gate's workflow finds models that are not in this repository. No secrets belong here.
`;

/** The settings that a registry's own workflows need; null where all they need is in the registry itself. */
export function registrySettings({ artifacts, registry }: Pick<Config, 'artifacts' | 'registry'>): string | null {
  const { store, repository, s3 } = artifacts;
  if (registry.forge === 'local' || store === 'local') return null;
  const where = store === 's3' ? { s3 } : repository === null ? {} : { repository };
  return HEAD + stringify({ artifacts: { store, ...where } });
}
