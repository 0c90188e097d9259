import type { IncomingMessage } from 'node:http';
import type { Context } from 'hono';
import type * as z from 'zod';
import { PawlError } from '../events/errors.ts';
import { connectionOf } from './client.ts';
import type { Share } from './held.ts';
import { RequestAbortedError } from './inference/errors.ts';
import { type InvalidPart, RequestError } from './problems.ts';

const JSON_TYPE = /^application\/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?$/i;

const decoder = new TextDecoder('utf-8', { fatal: true });

/** @throws {RequestError} if the announced size is too large: before anything is read or kept */
export function checkAnnounced(c: Context, most: number, advice = sendLess(most)): void {
  if (Number(c.req.header('content-length') ?? 0) > most) throw new RequestError('body_too_large', advice);
}

const sendLess = (most: number): string =>
  `the body is larger than ${most} bytes: send it in parts, or raise limits.bodyBytes`;

/**
 * Reads a JSON body that must match the schema.
 *
 * @throws {RequestError} for another content type, too many bytes, invalid UTF-8, invalid JSON, or anything that the
 *   schema refuses
 */
export async function readJson<S extends z.ZodType>(
  c: Context,
  schema: S,
  most: number,
  share: Share,
): Promise<z.output<S>> {
  requireJson(c);
  return parseJson(await readBytes(c, most, share), schema);
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

/** @throws {RequestError} for bytes that are no UTF-8, no JSON, or do not match the schema */
export function parseJson<S extends z.ZodType>(bytes: Uint8Array, schema: S): z.output<S> {
  const result = schema.safeParse(parse(bytes));
  if (result.success) return result.data;
  const parts = result.error.issues.map(explain);
  throw new RequestError('invalid_request', 'the body is JSON, but not what this path asks for: see errors', parts);
}

/**
 * Reads the whole body before anything else happens: a body that is read later can be lost with its connection.
 *
 * @throws {RequestError} if it is too large
 * @throws {QueueFullError} if there is no room for it
 */
export async function readBytes(c: Context, most: number, share: Share, advice = sendLess(most)): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const take = (chunk: Uint8Array) => {
    size += chunk.length;
    if (size > most) throw new RequestError('body_too_large', advice);
    share.add(chunk.length);
    chunks.push(chunk);
  };
  try {
    await arrived(c, take, share.lost);
  } catch (error) {
    if (error instanceof PawlError) throw error;
    throw new RequestAbortedError('the body broke off', { cause: error });
  }
  share.whole();
  return chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks);
}

/**
 * The chunks as they arrive. They are read from the connection itself where there is one, because its web stream costs
 * more than the rest of a request.
 */
async function arrived(c: Context, take: (chunk: Uint8Array) => void, lost: Promise<never>): Promise<void> {
  const { incoming } = connectionOf(c);
  if (incoming) return ended(incoming, take, lost);
  for await (const chunk of c.req.raw.body ?? []) take(chunk);
}

/** Chunks after a failure are thrown away, so that a client that is still sending can read the answer. */
function ended(incoming: IncomingMessage, take: (chunk: Uint8Array) => void, lost: Promise<never>): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: unknown) => {
      incoming.off('data', onData).off('end', settle).off('error', fail).off('close', onClose);
      if (error === undefined) resolve();
      else reject(error);
    };
    const fail = (error: Error) => settle(error);
    const onClose = () => settle(incoming.readableEnded ? undefined : new Error('the connection closed'));
    const onData = (chunk: Buffer) => {
      try {
        take(chunk);
      } catch (error) {
        settle(error);
      }
    };
    lost.catch(fail);
    incoming.on('end', settle).on('error', fail).on('close', onClose).on('data', onData);
    if (incoming.destroyed) onClose();
  });
}

/** The parser's own message quotes the text, so it is not repeated. */
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
  // A client chooses the names of unknown keys, so only their number is repeated.
  if (issue.code === 'unrecognized_keys') return { path, message: `${issue.keys.length} unknown key(s)` };
  return { path, message: issue.message.replace(/^Invalid input: /, '') };
}
