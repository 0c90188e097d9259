import { ForgeError } from '../errors.ts';
import type { Comment } from '../forge.ts';
import { here, type Place, pause } from '../rest/place.ts';
import { AnyAnswer, CommentAnswer } from './answers.ts';

const MARKER = /^<!-- pawl:([a-z0-9-]{1,60}) -->\n/;

type Found = Comment & { readonly id: number };

/**
 * Comments of Pawl's own account that have a marker. A marker in another account's comment does not count.
 * @param account permanent id
 */
export async function ownComments(place: Place, number: number, account: string): Promise<Found[]> {
  const route = 'GET /repos/{owner}/{repo}/issues/{issue_number}/comments';
  const all = await place.api.list(route, { ...here(place), issue_number: number }, CommentAnswer);
  return all.flatMap(({ id, body, user }) => {
    const marker = MARKER.exec(body ?? '')?.[1];
    const mine = user && String(user.id) === account;
    return marker && mine ? [{ id, marker, body: (body ?? '').replace(MARKER, '') }] : [];
  });
}

/**
 * Writes a comment, or replaces Pawl's comment with the same marker. After a request without an answer, it looks for
 * the comment before it tries again.
 */
export async function writeComment(
  place: Place,
  number: number,
  { marker, body }: Comment,
  account: string,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const known = (await ownComments(place, number, account)).find((c) => c.marker === marker);
    if (known?.body === body) return;
    const text = `<!-- pawl:${marker} -->\n${body}`;
    try {
      if (known) {
        const params = { ...here(place), comment_id: known.id, body: text };
        await place.api.send('PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}', params, AnyAnswer);
      } else {
        const params = { ...here(place), issue_number: number, body: text };
        await place.api.send('POST /repos/{owner}/{repo}/issues/{issue_number}/comments', params, AnyAnswer);
      }
      return;
    } catch (error) {
      if (!(error instanceof ForgeError) || error.reason !== 'unreachable' || attempt === 3) throw error;
      await pause(place, attempt);
    }
  }
}
