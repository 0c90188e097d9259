import { faultOf } from '../../../registry-repo/network/errors.ts';
import { ForgeError } from '../errors.ts';

/** A request that got an error answer, or no answer. */
export class ApiError extends ForgeError {
  /** The HTTP status; null if there was no answer. */
  readonly status: number | null;
  /** What the server said, for people. */
  readonly said: string;
  constructor(
    reason: ForgeError['reason'],
    { status, said, message }: { status: number | null; said: string; message: string },
    options?: ErrorOptions,
  ) {
    super(reason, message, options);
    this.status = status;
    this.said = said;
  }
}

export const hasStatus = (error: unknown, ...statuses: readonly number[]): error is ApiError =>
  error instanceof ApiError && error.status !== null && statuses.includes(error.status);

/** Text of a server, bounded and without characters that move a terminal's cursor. */
export const plain = (text: string): string => text.replace(/\p{Cc}|[\u2028-\u202e\u2066-\u2069]/gu, ' ').slice(0, 500);

type Failure = {
  status?: unknown;
  message?: unknown;
  response?: { headers?: Record<string, unknown>; data?: unknown };
};

/**
 * A client's error as one of Pawl's. `unreachable` may be tried again, once it is known whether the change was made.
 *
 * @param what the request, as `GET /repos/o/r`
 */
export function apiError(what: string, thrown: unknown): ForgeError {
  if (thrown instanceof ForgeError) return thrown;
  const failure = thrown as Failure;
  const cause = { cause: thrown };
  const status = failure.response && typeof failure.status === 'number' ? failure.status : null;
  const said = plain(thrown instanceof TypeError ? faultOf(thrown) : sentence(failure));
  const make = (reason: ForgeError['reason'], message: string) =>
    new ApiError(reason, { status, said, message }, cause);
  if (status === null) return make('unreachable', `${what}: no answer (${said}): check the network and registry.api`);
  const limit = limited(failure, status, said);
  if (limit) return make('unreachable', `${what}: the forge limits requests (${said}): try again ${limit}`);
  if (status >= 500 || status === 408) return make('unreachable', `${what}: ${status}, ${said}: try again later`);
  if (status === 401)
    return make(
      'refused',
      `${what}: the forge does not know this token (${said}): set PAWL_SECRET_FORGE_TOKEN to one that is valid, or registry.app.id and PAWL_SECRET_APP_KEY`,
    );
  if (status === 403)
    return make(
      'refused',
      `${what}: not allowed (${said}): the App or token needs write access to contents, pull requests, statuses and actions of the registry`,
    );
  if (status === 404)
    return make('refused', `${what}: not there, or not shown to this token (${said}): check registry.repository`);
  return make('refused', `${what}: ${status}, ${said}`);
}

function sentence(failure: Failure): string {
  const data = failure.response?.data as { message?: unknown; errors?: unknown } | undefined;
  const listed = typeof data?.errors === 'string' ? [data.errors] : data?.errors; // GitHub has both forms
  const errors = Array.isArray(listed) ? listed.slice(0, 5) : [];
  const details = errors.map((e: unknown) => {
    if (typeof e === 'string') return e;
    const { message, field, code } = (e ?? {}) as Record<string, unknown>;
    return typeof message === 'string' ? message : [field, code].filter((t) => typeof t === 'string').join(' ');
  });
  const message = typeof data?.message === 'string' ? data.message : String(failure.message ?? 'no reason given');
  return [message, ...details.filter(Boolean)].join('; ');
}

/** When to come back, or null if it is not about a limit. */
function limited(failure: Failure, status: number, said: string): string | null {
  if (status !== 403 && status !== 429) return null;
  const headers = failure.response?.headers ?? {};
  const after = Number(headers['retry-after']);
  if (after > 0) return `in ${after} s`;
  const reset = Number(headers['x-ratelimit-reset']);
  if (String(headers['x-ratelimit-remaining']) === '0' && reset > 0)
    return `after ${new Date(reset * 1000).toISOString()}`;
  return status === 429 || /rate limit/i.test(said) ? 'in a minute' : null;
}
