import type { Git } from '../../../registry-repo/git.ts';
import type { Identity } from '../../../registry-repo/git-commit.ts';
import type { Config } from '../../config/config.ts';
import type { Secrets } from '../../config/secrets.ts';
import { ForgeError } from '../errors.ts';
import { GiteaForge } from '../forge.gitea.ts';
import { Mirror } from '../mirror.ts';
import type { Place } from '../rest/place.ts';
import { GiteaApi } from './client.ts';

export type GiteaOptions = {
  readonly registry: Pick<Config['registry'], 'api' | 'repository'>;
  /** Where the mirror is, or will be. */
  readonly git: Git;
  readonly by: Identity;
  readonly clock: () => Date;
  readonly secrets: Pick<Secrets, 'forgeToken'>;
  /** The way to the network; Node's own by default. */
  readonly fetch?: typeof fetch;
};

export type GiteaConnection = {
  readonly place: Place;
  readonly mirror: Mirror;
  /** Where browsers find the repository. */
  readonly web: string;
};

/** @throws {ForgeError} `refused`, saying which setting or secret is missing */
export function openGitea(options: GiteaOptions): GiteaForge {
  const { by, clock } = options;
  return new GiteaForge({ ...connectGitea(options), by, clock });
}

/** @throws {ForgeError} as {@link openGitea} */
export function connectGitea({ registry, git, secrets, fetch = globalThis.fetch }: GiteaOptions): GiteaConnection {
  const missing = (what: string) => new ForgeError('refused', what);
  const [owner, repo] = registry.repository?.split('/') ?? [];
  if (!owner || !repo) throw missing('no registry.repository is set: --set registry.repository=owner/name');
  if (registry.api === null)
    throw missing('no registry.api is set: --set registry.api=https://HOST/api/v1, the address of Gitea or Forgejo');
  const { forgeToken: token } = secrets;
  if (token === null)
    throw missing(
      'no credentials for the forge: set PAWL_SECRET_FORGE_TOKEN to an access token with read and write for repository and issue, and read for user',
    );
  const server = giteaWeb(registry.api);
  const web = `${server}/${owner}/${repo}`;
  const api = new GiteaApi({ url: `${server}/api/v1`, token: async () => token, fetch });
  const login = async () => ({ user: 'pawl', password: token });
  return { place: { api, owner, repo }, mirror: new Mirror({ git, url: `${web}.git`, login }), web };
}

/** Addresses of a server's pages and git, from the address of its API, with or without `/api/v1`. */
export function giteaWeb(api: string): string {
  const { origin, pathname } = new URL(api);
  return `${origin}${pathname.replace(/\/+$/, '').replace(/\/api\/v1$/, '')}`;
}
