import { sign, verify } from 'node:crypto';
import * as z from 'zod';
import { parseFile, printFile } from '../file.ts';
import type { Key } from '../policy.ts';
import { MalformedKeyError, readPublicKey, type SigningKey } from './keys.ts';

const Base64 = z
  .string()
  .regex(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, 'use padded base64')
  .refine((text) => Buffer.from(text, 'base64').toString('base64') === text, 'use canonical base64');

/** A signed text (DSSE v1, https://github.com/secure-systems-lab/dsse). */
export const Envelope = z.strictObject({
  payload: Base64,
  payloadType: z.string().min(1).max(200),
  signatures: z
    .array(z.strictObject({ keyid: z.string().max(200), sig: Base64 }))
    .min(1)
    .max(10),
});
export type Envelope = z.infer<typeof Envelope>;

/**
 * The bytes that are signed: type and body, each preceded by its length, so that neither can be mistaken for the other.
 */
export const preAuthEncoding = (type: string, body: Uint8Array): Buffer =>
  Buffer.concat([
    Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${body.length} `, 'utf8'),
    Buffer.from(body.buffer, body.byteOffset, body.length),
  ]);

export function seal(type: string, body: Uint8Array, key: SigningKey): Buffer {
  const signature = sign(null, preAuthEncoding(type, body), key.privateKey);
  const envelope: Envelope = {
    payload: Buffer.from(body.buffer, body.byteOffset, body.length).toString('base64'),
    payloadType: type,
    signatures: [{ keyid: key.id, sig: signature.toString('base64') }],
  };
  return Buffer.from(printFile(envelope), 'utf8');
}

/** Reads an envelope; nothing in it is verified yet. @throws {MalformedFileError} */
export const readEnvelope = (name: string, bytes: Uint8Array, maxBytes: number): Envelope =>
  parseFile(Envelope, name, bytes, { maxBytes });

/** Which of these keys have signed the envelope. A key that cannot be read has signed nothing. */
export function signers(envelope: Envelope, keys: readonly Key[]): Key[] {
  const signed = preAuthEncoding(envelope.payloadType, Buffer.from(envelope.payload, 'base64'));
  return keys.filter((key) =>
    envelope.signatures.some(
      ({ keyid, sig }) => keyid === key.id && hasSigned(key, signed, Buffer.from(sig, 'base64')),
    ),
  );
}

function hasSigned(key: Key, signed: Buffer, signature: Buffer): boolean {
  try {
    return verify(null, signed, readPublicKey(key), signature);
  } catch (error) {
    if (error instanceof MalformedKeyError) return false;
    throw error;
  }
}
