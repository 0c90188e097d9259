import type { Config } from '../config/config.ts';
import { webOf } from './github/open.github.ts';

type World = { readonly config: Pick<Config, 'events' | 'registry'>; path(relative: string): string };

/** The repository whose branch is the log: as set, or the registry's own. */
export function logRepository(world: World): string {
  const { events, registry } = world.config;
  if (events.repository !== null)
    return /^[a-z][a-z0-9+.-]*:\/\//i.test(events.repository) ? events.repository : world.path(events.repository);
  if (registry.forge === 'local' || registry.repository === null) return world.path(registry.path);
  return `${forgeOf(registry)}/${registry.repository}.git`;
}

/** The log's branch, if it is one of the registry's own repository on its forge; null otherwise. */
export function logBranchBesideMain(world: World): string | null {
  const { events, registry } = world.config;
  if (events.store !== 'git' || registry.forge === 'local' || registry.repository === null) return null;
  const named = (address: string) => address.replace(/\.git$/, '').toLowerCase();
  const own = `${forgeOf(registry)}/${registry.repository}`;
  return named(logRepository(world)) === named(own) ? events.branch : null;
}

/** Address of a forge's pages and git. */
export const forgeOf = ({ api }: Config['registry']): string => webOf(api).replace(/\/api\/v1$/, '');
