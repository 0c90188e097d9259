import type { ObjectId } from '../../../registry-repo/values.ts';
import { here, type Place } from '../rest/place.ts';
import { StatusAnswer } from './answers.ts';

/** The latest status of each context of a commit. The server's times are whole seconds, so ids decide. */
export async function latestStatuses(place: Place, commit: ObjectId): Promise<StatusAnswer[]> {
  const route = 'GET /repos/{owner}/{repo}/commits/{ref}/statuses';
  const found = await place.api.list(route, { ...here(place), ref: commit }, StatusAnswer);
  const latest = new Map<string, StatusAnswer>();
  for (const status of found.sort((a, b) => a.id - b.id)) latest.set(status.context, status);
  return [...latest.values()];
}
