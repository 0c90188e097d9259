import type { ObjectId } from '../../../registry-repo/values.ts';
import { hasStatus } from '../rest/failures.ts';
import { here, type Place } from '../rest/place.ts';
import { PermissionAnswer, ReviewAnswer } from './answers.ts';

const DECIDES = ['APPROVED', 'CHANGES_REQUESTED', 'DISMISSED'];
const MAY_APPROVE = ['write', 'maintain', 'admin'];

/**
 * Permanent ids of the reviewers who may write to the registry and whose last review of the pull request approves
 * exactly this commit.
 */
export async function approvalsOf(place: Place, number: number, head: ObjectId): Promise<string[]> {
  const route = 'GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews';
  const reviews = await place.api.list(route, { ...here(place), pull_number: number }, ReviewAnswer);
  const last = new Map<number, ReviewAnswer>();
  for (const review of reviews) if (review.user && DECIDES.includes(review.state)) last.set(review.user.id, review);
  const approving = [...last.values()].filter((r) => r.state === 'APPROVED' && r.commit_id === head);
  const may = await Promise.all(approving.map((review) => mayWrite(place, review)));
  return approving.filter((_, i) => may[i]).map((r) => String(r.user?.id));
}

/**
 * Everyone may review in a public repository, and a name may have changed hands since, so the id must be the
 * reviewer's.
 */
async function mayWrite(place: Place, { user }: ReviewAnswer): Promise<boolean> {
  if (!user) return false;
  const route = 'GET /repos/{owner}/{repo}/collaborators/{username}/permission';
  try {
    const answer = await place.api.get(route, { ...here(place), username: user.login }, PermissionAnswer);
    return answer.user?.id === user.id && MAY_APPROVE.includes(answer.permission);
  } catch (error) {
    if (hasStatus(error, 404)) return false;
    throw error;
  }
}
