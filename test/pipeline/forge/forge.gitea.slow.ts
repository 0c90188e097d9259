import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { forgeContract } from '../../contract/forge.ts';
import { giteaForgeOn } from '../../doubles/gitea/forge.ts';
import { deleteRepository, newRepository } from '../../doubles/gitea/lent.ts';
import { giteaProgram, startGitea } from '../../doubles/gitea/real.ts';
import { commitFiles } from '../../support/git.ts';

// The contract on a real Gitea: one started here, where the program is installed, and one that somebody lends.

const program = giteaProgram();
const { PAWL_TEST_GITEA_URL: lent, PAWL_TEST_GITEA_TOKEN: token } = process.env;
if (!program) console.log('SKIPPED no gitea on the PATH');

if (program) {
  const gitea = await startGitea(program);
  const reviewer = await gitea.user('reviewer');
  forgeContract('a real Gitea', async () => {
    const name = await newRepository(gitea.url, gitea.admin, ['reviewer']);
    return { forge: giteaForgeOn(gitea.url, name, gitea.admin), other: giteaForgeOn(gitea.url, name, reviewer) };
  });

  const real = suite('a real Gitea');
  real('a pull request without a branch, which a reader may push, is none of ours', async () => {
    const name = await newRepository(gitea.url, gitea.admin, ['reviewer']);
    const forge = giteaForgeOn(gitea.url, name, gitea.admin);
    const theirs = await commitFiles(forge.git, await forge.sync(), { a: 'theirs' });
    const { host } = new URL(gitea.url);
    const remote = `http://x:${reviewer}@${host}/${name}.git`;
    await forge.git.run(['push', '--quiet', remote, `${theirs}:refs/for/main/topic`], { remote });
    const [pull] = await forge.pullRequests({ state: 'open' });
    assert.equal([pull?.head, pull?.fork], [theirs, true]);
  });
  real.run();
}

if (lent && token) {
  const url = lent.replace(/\/+$/, '');
  let name: string | null = null;
  const open = async () => {
    name = await newRepository(url, token);
    return { forge: giteaForgeOn(url, name, token), other: giteaForgeOn(url, name, token) };
  };
  const after = async () => {
    if (name) await deleteRepository(url, token, name);
  };
  forgeContract(`gitea, ${url}`, open, { oneAccount: true, after });
}
