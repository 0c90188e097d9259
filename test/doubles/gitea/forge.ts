import { join } from 'node:path';
import { GiteaForge } from '../../../pipeline/forge/forge.gitea.ts';
import { GiteaApi } from '../../../pipeline/forge/gitea/client.ts';
import { Mirror } from '../../../pipeline/forge/mirror.ts';
import { Git } from '../../../registry-repo/git.ts';
import { tester } from '../../support/git.ts';
import { temporaryFolder } from '../../support/paths.ts';
import { PATIENCE_MS } from '../../support/until.ts';

/** A client of its own, with its own mirror, of a repository on a server. @param url without `/api/v1` */
export function giteaForgeOn(url: string, fullName: string, token: string): GiteaForge {
  const [owner = '', repo = ''] = fullName.split('/');
  const api = new GiteaApi({ url: `${url}/api/v1`, token: async () => token, pauseMs: 10, timeoutMs: PATIENCE_MS });
  const git = new Git(join(temporaryFolder(), 'mirror.git'));
  const login = async () => ({ user: 'pawl', password: token });
  const web = `${url}/${fullName}`;
  const mirror = new Mirror({ git, url: `${web}.git`, login, pauseMs: 10, timeoutMs: PATIENCE_MS });
  return new GiteaForge({ place: { api, owner, repo, pauseMs: 50 }, mirror, web, by: tester, clock: () => new Date() });
}
