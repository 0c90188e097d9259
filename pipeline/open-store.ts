import { GitLogBranch } from '../events/log-branch.git.ts';
import { GitStore } from '../events/store.git.ts';
import { SqliteStore } from '../events/store.sqlite.ts';
import type { CopyableStore } from '../events/store.ts';
import { Git } from '../registry-repo/git.ts';
import type { Config } from './config/config.ts';
import type { Secrets } from './config/secrets.ts';

type World = {
  readonly config: Pick<Config, 'events' | 'registry'>;
  path(relative: string): string;
  secrets(): Secrets;
  clock(): Date;
};

/** The event store that the settings name. @throws {StoreError} */
export function openStore(world: World): CopyableStore {
  const { store, path, branch } = world.config.events;
  const file = world.path(path);
  if (store === 'sqlite') return new SqliteStore(file);
  const git = new Git(`${file}.git`);
  const log = new GitLogBranch({
    git: (args, options) => git.run(args, options),
    repository: logRepository(world),
    branch,
    by: world.config.registry.author,
    clock: () => world.clock(),
    credentials: async () => world.secrets().forgeToken,
  });
  return new GitStore({ branch: log, file });
}

/** Branch and repository of a git store, for people. */
export const logBranch = (world: Pick<World, 'config' | 'path'>): string =>
  `${world.config.events.branch} of ${logRepository(world)}`;

/** The repository whose branch is the log: as set, or the registry's own. */
export function logRepository(world: Pick<World, 'config' | 'path'>): string {
  const { events, registry } = world.config;
  if (events.repository !== null)
    return /^[a-z][a-z0-9+.-]*:\/\//i.test(events.repository) ? events.repository : world.path(events.repository);
  if (registry.forge === 'local' || registry.repository === null) return world.path(registry.path);
  return cloneUrl(registry.api, registry.repository);
}

/** GitHub's API is on a host of its own; other servers' is below the address that git uses. */
function cloneUrl(api: string | null, repository: string): string {
  const url = new URL(api ?? 'https://api.github.com');
  const base = url.hostname === 'api.github.com' ? 'https://github.com' : `${url.origin}${url.pathname}`;
  return `${base.replace(/\/(?:api\/v\d+\/?)?$/, '')}/${repository}.git`;
}
