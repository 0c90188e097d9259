import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';

import { PawlError } from '../events/errors.ts';
import { RegistryError } from '../registry-repo/errors.ts';

/** Why one part of a request is refused. */
export type InvalidPart = { readonly path: string; readonly message: string };

/** A request that does not match the interface. Nothing of its content is repeated. */
export class RequestError extends PawlError {
  readonly code: RequestErrorCode;
  readonly parts: readonly InvalidPart[];
  constructor(code: RequestErrorCode, message: string, parts: readonly InvalidPart[] = []) {
    super(message);
    this.code = code;
    this.parts = parts;
  }
}
export type RequestErrorCode =
  | 'invalid_body'
  | 'invalid_delivery'
  | 'signature_wrong'
  | 'webhooks_off'
  | 'invalid_request'
  | 'unsupported_media_type'
  | 'body_too_large'
  | 'host_unknown'
  | 'not_found'
  | 'method_not_allowed';

/**
 * Maps every error to an HTTP status; nothing else does. A code that is not listed here is a fault of the server, and
 * its message is not shown.
 */
const STATUS: Readonly<Record<string, number>> = {
  invalid_body: 400,
  invalid_delivery: 400,
  signature_wrong: 401,
  not_found: 404,
  webhooks_off: 404,
  method_not_allowed: 405,
  body_too_large: 413,
  unsupported_media_type: 415,
  host_unknown: 421,
  invalid_request: 422,
  queue_full: 429,
  request_aborted: 499,
  model_failed: 500,
  worker_lost: 500,
  text_crashes_model: 500,
  model_not_ready: 503,
  overloaded: 503,
  shutting_down: 503,
  deadline_exceeded: 504,
  worker_hung: 504,
};

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  405: 'Method Not Allowed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  421: 'Misdirected Request',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  499: 'Client Closed Request',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

/** Seconds after which a client should repeat a request that was rejected because the server was full or not ready. */
const RETRY_AFTER: Readonly<Record<number, string>> = { 429: '1', 503: '2' };

/** RFC 9457. Programs branch on `code`; `type` would add nothing to it. */
export const Problem = z
  .strictObject({
    type: z.literal('about:blank'),
    title: z.string().meta({ description: 'the phrase of the status' }),
    status: z.int().meta({ description: 'the HTTP status' }),
    code: z.string().meta({ description: 'stable name of what went wrong' }),
    detail: z.string().meta({ description: 'what happened and what to do next, for people' }),
    errors: z
      .array(z.strictObject({ path: z.string(), message: z.string() }))
      .optional()
      .meta({ description: 'the parts of the request that are wrong, all of them' }),
  })
  .openapi('Problem', {
    example: { type: 'about:blank', title: 'Too Many Requests', status: 429, code: 'queue_full', detail: '…' },
  });
export type Problem = z.infer<typeof Problem>;

/** Whether an error is one of Pawl's with a meaning for the client. */
export const isKnown = (error: unknown): error is PawlError | RegistryError =>
  (error instanceof PawlError || error instanceof RegistryError) && error.code in STATUS;

export function problemOf(error: unknown): Problem {
  if (!isKnown(error))
    return { ...base(500), code: 'internal', detail: 'the server made a mistake; its log says more' };
  const problem = { ...base(STATUS[error.code] as number), code: error.code, detail: error.message };
  return error instanceof RequestError && error.parts.length > 0 ? { ...problem, errors: [...error.parts] } : problem;
}

const base = (status: number) => ({ type: 'about:blank', title: TITLES[status] ?? '', status }) as const;

/** The HTTP answer for an error. */
export function problemResponse(c: Context, error: unknown, headers: Readonly<Record<string, string>> = {}): Response {
  const problem = problemOf(error);
  const retry = RETRY_AFTER[problem.status];
  return c.body(JSON.stringify(problem), problem.status as 500, {
    'content-type': 'application/problem+json',
    ...(retry ? { 'retry-after': retry } : {}),
    ...headers,
  });
}
