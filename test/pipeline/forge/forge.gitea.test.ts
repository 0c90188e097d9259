import { forgeContract } from '../../contract/forge.ts';
import { giteaForgeOn } from '../../support/gitea/forge.ts';
import { deleteRepository, newRepository } from '../../support/gitea/lent.ts';
import { giteaProgram, startGitea } from '../../support/gitea/real.ts';

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
