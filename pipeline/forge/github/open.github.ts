import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import type { Git } from '../../../registry-repo/git.ts';
import type { Identity } from '../../../registry-repo/git-commit.ts';
import type { Config } from '../../config/config.ts';
import type { Secrets } from '../../config/secrets.ts';
import { ForgeError } from '../errors.ts';
import { GitHubForge } from '../forge.github.ts';
import { Mirror } from '../mirror.ts';
import type { Place } from '../rest/place.ts';
import { GITHUB_API, OctokitApi } from './client.github.ts';
import { appCredentials, requireAppKey } from './credentials.github.ts';
import { type Credentials, tokenCredentials } from './credentials.ts';

export type GitHubOptions = {
  readonly registry: Config['registry'];
  /** Where the mirror is, or will be. */
  readonly git: Git;
  readonly by: Identity;
  readonly clock: () => Date;
  readonly secrets: Secrets;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The way to the network; Node's own by default. */
  readonly fetch?: typeof fetch;
  /** Waits between requests and retries, as GitHub asks; off only in tests. */
  readonly paced?: boolean;
};

export type GitHubConnection = {
  readonly place: Place;
  readonly mirror: Mirror;
  readonly credentials: Credentials;
  readonly fetch: typeof fetch;
  readonly web: string;
};

/** What a server enforces, as `pawl registry init` and `pawl doctor` found out. It is stored beside the mirror. */
export const Probed = z.strictObject({
  headPrecondition: z.boolean().nullable(),
  requiredStatus: z.boolean().nullable(),
});
export type Probed = z.infer<typeof Probed>;

export const probeFile = (git: Git): string => join(git.gitDir, 'pawl-probe.json');

/** @returns null before the first probe */
export function readProbed(git: Git): Probed | null {
  const file = probeFile(git);
  return existsSync(file) ? Probed.parse(JSON.parse(readFileSync(file, 'utf8'))) : null;
}

/** @throws {ForgeError} `refused`, saying which setting or secret is missing */
export function openGitHub(options: GitHubOptions): GitHubForge {
  const { by, clock, git } = options;
  const merge = readProbed(git)?.headPrecondition === false ? 'push' : 'api';
  return new GitHubForge({ ...connectGitHub(options), merge, by, clock });
}

/** @throws {ForgeError} as {@link openGitHub} */
export function connectGitHub({
  registry,
  git,
  secrets,
  env,
  paced,
  fetch = globalThis.fetch,
}: GitHubOptions): GitHubConnection {
  const [owner, repo] = registry.repository?.split('/') ?? [];
  if (!owner || !repo)
    throw new ForgeError('refused', 'no registry.repository is set: --set registry.repository=owner/name');
  const { id, installation } = registry.app;
  const url = registry.api;
  const credentials =
    id === null
      ? tokenCredentials(secrets.forgeToken, env)
      : appCredentials({ id, key: requireAppKey(secrets.appKey, id), installation, url, owner, repo, fetch });
  const pace = paced ?? !isLoopback(url);
  const api = new OctokitApi({
    url,
    authorization: async () => `token ${await credentials.token()}`,
    paced: pace,
    fetch,
  });
  const web = `${webOf(url)}/${owner}/${repo}`;
  const login = async () => ({ user: 'x-access-token', password: await credentials.token() });
  return {
    place: { api, owner, repo },
    mirror: new Mirror({ git, url: `${web}.git`, login }),
    credentials,
    fetch,
    web,
  };
}

/**
 * Addresses of a server's pages and git: github.com beside its API, `https://host` where the API is
 * `https://host/api/v3`.
 */
export function webOf(api: string | null): string {
  const url = new URL(api ?? GITHUB_API);
  if (url.hostname === 'api.github.com') return 'https://github.com';
  url.pathname = url.pathname.replace(/\/api\/v3\/?$/, '').replace(/\/+$/, '');
  if (url.hostname.startsWith('api.') && url.hostname.endsWith('.ghe.com')) url.hostname = url.hostname.slice(4);
  return `${url.origin}${url.pathname === '/' ? '' : url.pathname}`;
}

/** The server is not GitHub, so GitHub's pace need not be kept. */
const isLoopback = (url: string | null): boolean =>
  url !== null && ['127.0.0.1', '[::1]', 'localhost'].includes(new URL(url).hostname);
