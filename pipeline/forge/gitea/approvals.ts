import type { ObjectId } from '../../../registry-repo/values.ts';
import { here, type Place } from '../rest/place.ts';
import { ReviewAnswer } from './answers.ts';

const DECIDES = ['APPROVED', 'REQUEST_CHANGES'];

/**
 * Lasting ids of those whose last word on the pull request approves of exactly this commit. `official` is the forge's own
 * word that a reviewer may write to the registry, given when they reviewed: who may write now, only administrators are told.
 */
export async function approvalsOf(place: Place, number: number, head: ObjectId): Promise<string[]> {
  const route = 'GET /repos/{owner}/{repo}/pulls/{index}/reviews';
  const reviews = await place.api.list(route, { ...here(place), index: number }, ReviewAnswer);
  const last = new Map<number, ReviewAnswer>();
  for (const review of reviews.sort((a, b) => a.id - b.id))
    if (review.user && DECIDES.includes(review.state)) last.set(review.user.id, review);
  return [...last]
    .filter(([, r]) => r.state === 'APPROVED' && r.official && !r.dismissed && r.commit_id === head)
    .map(([id]) => String(id));
}
