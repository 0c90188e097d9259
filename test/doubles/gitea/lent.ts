import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { RepositoryAnswer } from '../../../pipeline/forge/gitea/answers.ts';
import { GiteaApi } from '../../../pipeline/forge/gitea/client.ts';
import { Mirror } from '../../../pipeline/forge/mirror.ts';
import { Git } from '../../../registry-repo/git.ts';
import { commitFiles } from '../../support/git.ts';
import { temporaryFolder } from '../../support/paths.ts';

const Anything = z.unknown();
const Named = z.object({ full_name: z.string() });

/** A new repository of the token's account on a real server, with the files `a` and `b` on main. @returns its full name */
export async function newRepository(url: string, token: string, writers: readonly string[] = []): Promise<string> {
  const api = new GiteaApi({ url: `${url}/api/v1`, token: async () => token });
  const name = `pawl-test-${randomUUID().slice(0, 8)}`;
  const body = { name, private: true, auto_init: false, default_branch: 'main' };
  const { full_name: fullName } = await api.send('POST /user/repos', body, Named);
  const [owner, repo] = fullName.split('/');
  for (const collaborator of writers)
    await api.send(
      'PUT /repos/{owner}/{repo}/collaborators/{collaborator}',
      { owner, repo, collaborator, permission: 'write' },
      Anything,
    );
  await api.send(
    'PATCH /repos/{owner}/{repo}',
    { owner, repo, has_pull_requests: true, allow_manual_merge: true },
    Anything,
  );
  const git = new Git(join(temporaryFolder(), 'start.git'));
  const login = async () => ({ user: 'pawl', password: token });
  const mirror = new Mirror({ git, url: `${url}/${fullName}.git`, login });
  await mirror.prepare();
  const start = await commitFiles(git, null, { a: 'a', b: 'b' }, 'start');
  await mirror.push({ ref: 'refs/heads/main', to: start, from: null });
  const filled = async () => !(await api.get('GET /repos/{owner}/{repo}', { owner, repo }, RepositoryAnswer)).empty;
  while (!(await filled())) await sleep(50); // the server sees a first push a little later
  return fullName;
}

export async function deleteRepository(url: string, token: string, fullName: string): Promise<void> {
  const api = new GiteaApi({ url: `${url}/api/v1`, token: async () => token });
  const [owner, repo] = fullName.split('/');
  if (repo?.startsWith('pawl-test-')) await api.send('DELETE /repos/{owner}/{repo}', { owner, repo }, Anything);
}
