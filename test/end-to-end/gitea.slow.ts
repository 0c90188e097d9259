import { openDouble } from '../doubles/gitea/played.ts';
import { giteaProgram, startGitea } from '../doubles/gitea/real.ts';
import { giteaStory } from '../doubles/gitea/story.ts';

// The whole flow through the command line: on the double, and on a real Gitea where the program is installed.

giteaStory('the Gitea double', openDouble);

const program = giteaProgram();
if (!program) console.log('SKIPPED no gitea on the PATH');

if (program)
  giteaStory('a real Gitea', async () => {
    const gitea = await startGitea(program);
    const [ownerToken, gateToken] = [await gitea.user('owner'), await gitea.user('gatekeeper')];
    const loosen = async (repository: string) => {
      const answer = await fetch(`${gitea.url}/api/v1/repos/${repository}/branch_protections/main`, {
        method: 'PATCH',
        headers: { authorization: `token ${ownerToken}`, 'content-type': 'application/json' },
        body: JSON.stringify({ block_admin_merge_override: false }),
      });
      if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
    };
    const server = { url: gitea.url, owner: 'owner', ownerToken, gate: 'gatekeeper', gateToken };
    return { ...server, loosen, violations: () => [], close: gitea.close };
  });
