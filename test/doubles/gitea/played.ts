import { startGiteaDouble } from './double.ts';
import { protectionsOf } from './protection.ts';
import type { StoryServer } from './story.ts';

/** The double as a server for the story. */
export async function openDouble(): Promise<StoryServer> {
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
}
