import { hasStatus } from '../../forge/rest/failures.ts';
import type { Part } from '../part.ts';

/** Why a setting could not be read. */
export type Unread = Pick<Part, 'what'> & { readonly state: 'unsupported' | 'hidden' };

/** What was read; or why a setting is not to be had, or not shown. */
export type Reading<T> = { readonly found: T } | Unread;

/** There is none, or the server does not know the route: it answers the same for both. */
export const UNKNOWN = 'this server does not know of it';

/**
 * How github.com says that the plan or the visibility of a repository has no such setting: 403 `Upgrade to GitHub Pro
 * or make this repository public to enable this feature.`
 */
export const PLAN = /upgrade|billing|\bplan\b|make this repository public/i;

/** Reads a setting. A refusal is an answer about this setting alone, so that a plan is never left half made. */
export async function reading<T>(read: () => Promise<T>): Promise<Reading<T>> {
  try {
    return { found: await read() };
  } catch (error) {
    if (hasStatus(error, 404, 405, 501)) return { state: 'unsupported', what: UNKNOWN };
    if (!hasStatus(error, 403, 422) || error.reason !== 'refused') throw error; // a limit of requests is no answer
    return error.status === 422 || PLAN.test(error.said)
      ? { state: 'unsupported', what: `not to be had here (${error.said})` }
      : { state: 'hidden', what: `not shown to this token (${error.said})` };
  }
}
