import { settings } from '../config/config.ts';
import type { ConfigRequest } from '../config/load.ts';

/**
 * Settings that were given by variables and flags, as variables: machines that have only the settings file must get
 * them, too. Secrets are not settings.
 */
export function givenSettings({ env, flags }: Pick<ConfigRequest, 'env' | 'flags'>): [name: string, text: string][] {
  const byFlag = flags.flatMap(({ path, text }) =>
    settings.filter((s) => s.path.join('.') === path).map((s) => [s.env, text] as const),
  );
  const byVariable = settings.flatMap((s) =>
    env[s.env] === undefined ? [] : [[s.env, env[s.env] as string] as const],
  );
  return [...new Map([...byVariable, ...byFlag])].sort(([a], [b]) => (a < b ? -1 : 1));
}
