import { join } from 'node:path';
import { GitHubForge } from '../../../pipeline/forge/forge.github.ts';
import { OctokitApi } from '../../../pipeline/forge/github/client.github.ts';
import { appCredentials } from '../../../pipeline/forge/github/credentials.github.ts';
import { tokenCredentials } from '../../../pipeline/forge/github/credentials.ts';
import { Mirror } from '../../../pipeline/forge/mirror.ts';
import type { Api } from '../../../pipeline/forge/rest/api.ts';
import { Git } from '../../../registry-repo/git.ts';
import { tester } from '../../support/git.ts';
import { temporaryFolder } from '../../support/paths.ts';
import { PATIENCE_MS } from '../../support/until.ts';
import type { GitHubDouble } from './double.ts';

export type Login = { readonly token: string } | { readonly id: number; readonly key: string };

/** A client with a mirror of its own, of a repository of the double. */
export function forgeOn(
  double: GitHubDouble,
  fullName: string,
  login: Login,
  merge: 'api' | 'push' = 'api',
  wrap: (api: Api) => Api = (api) => api,
): GitHubForge {
  const [owner = '', repo = ''] = fullName.split('/');
  const { url } = double;
  const credentials =
    'token' in login
      ? tokenCredentials(login.token, {})
      : appCredentials({ ...login, installation: null, url, owner, repo, pauseMs: 1 });
  const authorization = async () => `token ${await credentials.token()}`;
  const api = new OctokitApi({ url, authorization, secondMs: 1, paced: false, timeoutMs: PATIENCE_MS });
  const git = new Git(join(temporaryFolder(), 'mirror.git'));
  const password = async () => ({ user: 'x-access-token', password: await credentials.token() });
  const mirror = new Mirror({
    git,
    url: `${double.web}/${fullName}.git`,
    login: password,
    pauseMs: 1,
    timeoutMs: PATIENCE_MS,
  });
  const web = `${double.web}/${fullName}`;
  return new GitHubForge({
    place: { api: wrap(api), owner, repo, pauseMs: 1 },
    mirror,
    credentials,
    web,
    merge,
    by: tester,
    clock: () => new Date(),
  });
}
