import { startGiteaDouble } from '../doubles/gitea/double.ts';
import { protectionsOf } from '../doubles/gitea/protection.ts';
import { giteaStory } from '../doubles/gitea/story.ts';

// The whole flow through the command line: on the double; gitea.slow.ts has it on a real one.

giteaStory('the Gitea double', async () => {
  const double = await startGiteaDouble();
  return {
    url: double.url,
    owner: 'owner',
    ownerToken: double.token('owner'),
    gate: 'gatekeeper',
    gateToken: double.token('gatekeeper'),
    loosen: async (repository) => {
      const repo = double.world.repo(repository);
      for (const rule of repo ? protectionsOf(repo) : []) rule.block_admin_merge_override = false;
    },
    violations: () => double.violations,
    close: double.close,
  };
});
