import { mayPush } from './identity.ts';
import type { Account, Pull, Repo, Review } from './state.ts';
import type { World } from './world.ts';

/** Who approves now, and who requests changes: each reviewer's last review, without comments, if they may push. */
export function approvers(world: World, repo: Repo, pull: Pull): { approved: Account[]; rejected: Account[] } {
  const last = new Map<number, Review>();
  for (const review of pull.reviews)
    if (review.state !== 'COMMENTED' && review.state !== 'PENDING') last.set(review.user.id, review);
  const by = (state: Review['state']) =>
    [...last.values()].filter((r) => r.state === state && mayPush(world, r.user, repo)).map((r) => r.user);
  return { approved: by('APPROVED'), rejected: by('CHANGES_REQUESTED') };
}
