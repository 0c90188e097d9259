import { dismissStale, missingStatuses, rulesOn } from './rules.ts';
import type { Account, Actor, Repo } from './state.ts';
import type { World } from './world.ts';

export type Update = { readonly ref: string; readonly from: string | null; readonly to: string | null };

/** Why a push of one ref is refused, in GitHub's words, or null. */
export async function pushRefusal(repo: Repo, actor: Actor, { ref, from, to }: Update): Promise<string | null> {
  if (ref.startsWith('refs/pull/')) return 'deny updating a hidden ref';
  if (!ref.startsWith('refs/heads/')) return null;
  const rules = rulesOn(repo, ref, actor);
  const has = (type: string) => rules.some((r) => r.type === type);
  if (to === null) return has('deletion') ? 'push declined due to repository rule violations' : null;
  if (from === null) return null;
  const declined = 'push declined due to repository rule violations';
  const ready = repo.pulls.some((p) => p.state === 'open' && p.head === to && `refs/heads/${p.baseRef}` === ref);
  if (has('pull_request') && !ready) return declined;
  if (has('required_status_checks') && missingStatuses(repo, rules, to).length > 0) return declined;
  return null;
}

/** What follows when refs have moved: pull requests follow their branches, and webhooks hear of it. */
export async function moved(world: World, repo: Repo, actor: Actor, updates: readonly Update[]): Promise<void> {
  for (const { ref, from, to } of updates) {
    if (!ref.startsWith('refs/heads/')) continue;
    const branch = ref.slice('refs/heads/'.length);
    for (const holder of [repo, ...[...world.repos.values()].filter((r) => r === repo.parent)])
      for (const pull of holder.pulls.filter(
        (p) => p.state === 'open' && p.headRepo === repo && p.headRef === branch,
      )) {
        if (to === null) continue;
        pull.head = to;
        pull.lastPusher = actor.account as Account;
        pull.updatedAt = world.time();
        dismissStale(holder, pull);
        if (holder !== repo) await holder.git.run(['fetch', '--quiet', repo.git.gitDir, to]);
        await holder.git.run(['update-ref', `refs/pull/${pull.number}/head`, to]);
        const about = { number: pull.number, head: { sha: to, ref: branch } };
        world.emit(
          holder,
          'pull_request',
          { action: 'synchronize', number: pull.number, pull_request: about, repository: named(holder) },
          actor,
        );
      }
    world.emit(
      repo,
      'push',
      { ref, before: from ?? ZERO, after: to ?? ZERO, deleted: to === null, repository: named(repo) },
      actor,
    );
  }
}

const ZERO = '0'.repeat(40);
const named = (repo: Repo) => ({
  id: repo.id,
  full_name: repo.fullName,
  name: repo.name,
  owner: { login: repo.owner.login },
});
