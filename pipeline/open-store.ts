import { GitLogBranch } from '../events/log-branch.git.ts';
import { GitStore } from '../events/store.git.ts';
import { SqliteStore } from '../events/store.sqlite.ts';
import type { CopyableStore } from '../events/store.ts';
import { Git } from '../registry-repo/git.ts';
import type { Config } from './config/config.ts';
import type { Secrets } from './config/secrets.ts';
import { forgeOf, logRepository } from './forge/log-repository.ts';
import { networkOf } from './forge/mirror.ts';

type World = {
  readonly config: Pick<Config, 'events' | 'registry'>;
  path(relative: string): string;
  clock(): Date;
  secrets(): Pick<Secrets, 'forgeToken'>;
  /** The account that this program acts as on the forge; asked for only if the forge is remote. */
  github(): { readonly credentials: { token(): Promise<string> } };
};

/** Opens the event store that the settings name. @throws {StoreError} */
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
    credentials: () => tokenFor(world),
    network: networkOf(process.env),
  });
  return new GitStore({ branch: log, file });
}

/** Names branch and repository of a git store in messages. */
export const logBranch = (world: Pick<World, 'config' | 'path'>): string =>
  `${world.config.events.branch} of ${logRepository(world)}`;

/**
 * A token that may write to the registry's forge is sent to no other server. If there is no forge, the token is for the
 * log.
 */
export async function tokenFor(world: Pick<World, 'config' | 'path' | 'secrets' | 'github'>): Promise<string | null> {
  const { registry } = world.config;
  const repository = logRepository(world);
  if (!URL.canParse(repository)) return null;
  if (registry.forge === 'local') return world.secrets().forgeToken;
  if (new URL(repository).origin !== new URL(forgeOf(registry)).origin) return null;
  return registry.forge === 'github' ? world.github().credentials.token() : world.secrets().forgeToken;
}
