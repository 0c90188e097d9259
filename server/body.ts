import type { Context } from 'hono';
import type * as z from 'zod';
import { QueueFullError, RequestAbortedError } from './inference/errors.ts';
import { type InvalidPart, RequestError } from './problems.ts';

const JSON_TYPE = /^application\/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?$/i;

const decoder = new TextDecoder('utf-8', { fatal: true });

/** How many bytes of requests are held at once, by all of them together. */
export class Held {
  readonly #most: number;
  #bytes = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Works while holding so many bytes. A server that holds nothing takes any one request. @throws {QueueFullError} */
  async while<R>(bytes: number, work: () => Promise<R>): Promise<R> {
    if (this.#bytes > 0 && this.#bytes + bytes > this.#most)
      throw new QueueFullError('too many requests are being read and answered: ask again in a moment');
    this.#bytes += bytes;
    try {
      return await work();
    } finally {
      this.#bytes -= bytes;
    }
  }
}

/** What a request's body may weigh at most, by its own account. @throws {RequestError} if that is too much */
export function announcedBytes(c: Context, most: number, advice = sendLess(most)): number {
  const length = c.req.header('content-length');
  if (length === undefined) return most;
  if (Number(length) > most) throw new RequestError('body_too_large', advice);
  return Number(length);
}

const sendLess = (most: number): string =>
  `the body is larger than ${most} bytes: send it in parts, or raise limits.bodyBytes`;

/**
 * A JSON body, exactly as the schema wants it.
 *
 * @throws {RequestError} for another content type, too many bytes, no UTF-8, no JSON, or anything the schema refuses
 */
export async function readJson<S extends z.ZodType>(c: Context, schema: S, most: number): Promise<z.output<S>> {
  requireJson(c);
  return parseJson(await readBytes(c, most), schema);
}

/** @throws {RequestError} if the headers announce anything but plain JSON */
export function requireJson(c: Context, advice?: string): void {
  if (!JSON_TYPE.test(c.req.header('content-type') ?? ''))
    throw new RequestError(
      'unsupported_media_type',
      advice ?? 'send JSON in UTF-8, with content-type: application/json',
    );
  if ((c.req.header('content-encoding') ?? 'identity') !== 'identity')
    throw new RequestError('unsupported_media_type', advice ?? 'send the body as it is, without a content-encoding');
}

/** @throws {RequestError} for bytes that are no UTF-8, no JSON, or nothing that the schema takes */
export function parseJson<S extends z.ZodType>(bytes: Uint8Array, schema: S): z.output<S> {
  const result = schema.safeParse(parse(bytes));
  if (result.success) return result.data;
  const parts = result.error.issues.map(explain);
  throw new RequestError('invalid_request', 'the body is JSON, but not what this path asks for: see errors', parts);
}

/** Read whole before anything else happens: a body read later can be gone with its connection. */
export async function readBytes(c: Context, most: number, advice = sendLess(most)): Promise<Uint8Array> {
  try {
    if (c.req.header('content-length') !== undefined) return new Uint8Array(await c.req.arrayBuffer());
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of c.req.raw.body ?? []) {
      size += chunk.length;
      if (size > most) throw new RequestError('body_too_large', advice);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    if (error instanceof RequestError) throw error;
    throw new RequestAbortedError('the body broke off', { cause: error });
  }
}

/** The parser's own words quote the text, so they are not repeated. */
function parse(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    throw new RequestError('invalid_body', 'the body is not UTF-8');
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new RequestError('invalid_body', text === '' ? 'the body is empty' : 'the body is not JSON');
  }
}

function explain(issue: z.core.$ZodIssue): InvalidPart {
  const path = issue.path.join('.') || '(body)';
  // Unknown keys are whatever was sent: only their number is repeated.
  if (issue.code === 'unrecognized_keys') return { path, message: `${issue.keys.length} unknown key(s)` };
  return { path, message: issue.message.replace(/^Invalid input: /, '') };
}
