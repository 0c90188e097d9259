import type { ObjectId } from '../../../registry-repo/values.ts';
import { here, type Place } from '../rest/place.ts';
import { ReviewAnswer } from './answers.ts';

const DECIDES = ['APPROVED', 'REQUEST_CHANGES'];

/**
 * Permanent ids of the reviewers whose last review of the pull request approves exactly this commit. `official` is the
 * forge's own statement that a reviewer could write to the registry when they reviewed. Only administrators can ask who
 * may write now.
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
