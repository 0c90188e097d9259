import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { RegistryError } from '../errors.ts';
import type { Key, Policy } from '../policy.ts';

/** A private key that signs verdicts or checkpoints (Ed25519). It never leaves the process that signs. */
export type SigningKey = { readonly id: string; readonly privateKey: KeyObject };

/** Not an Ed25519 key in the form that Pawl writes. */
export class MalformedKeyError extends RegistryError {
  readonly code = 'malformed_key';
}

/** `ed25519:` and the first 16 hex digits of the SHA-256 of the public key's SPKI form. */
export const keyId = (spki: Uint8Array): string =>
  `ed25519:${createHash('sha256').update(spki).digest('hex').slice(0, 16)}`;

const spkiOf = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });

const signingKey = (privateKey: KeyObject): SigningKey => ({
  id: keyId(spkiOf(createPublicKey(privateKey))),
  privateKey,
});

/** A new key from the system's randomness. */
export const newSigningKey = (): SigningKey => signingKey(generateKeyPairSync('ed25519').privateKey);

/** PKCS #8, PEM: for a file that only its owner may read. */
export const printSigningKey = ({ privateKey }: SigningKey): string =>
  privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

/** @throws {MalformedKeyError} */
export function readSigningKey(pem: string): SigningKey {
  try {
    const privateKey = createPrivateKey(pem);
    if (privateKey.asymmetricKeyType === 'ed25519') return signingKey(privateKey);
  } catch (cause) {
    throw new MalformedKeyError('this is no private key in PKCS #8 PEM form', { cause });
  }
  throw new MalformedKeyError('this private key is not an Ed25519 key');
}

/** The public half, as in `gate.json` and as servers pin it. */
export function publicKeyOf(key: SigningKey, { role, from, until }: Pick<Key, 'role' | 'from' | 'until'>): Key {
  const publicKey = spkiOf(createPublicKey(key.privateKey)).toString('base64');
  return { id: key.id, role, publicKey, from, until };
}

/** @throws {MalformedKeyError} also if the id is not the id of these bytes */
export function readPublicKey({ id, publicKey }: Pick<Key, 'id' | 'publicKey'>): KeyObject {
  let key: KeyObject;
  try {
    key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), type: 'spki', format: 'der' });
  } catch (cause) {
    throw new MalformedKeyError(`the public key ${id} is no SPKI key`, { cause });
  }
  if (key.asymmetricKeyType !== 'ed25519') throw new MalformedKeyError(`the public key ${id} is not an Ed25519 key`);
  if (keyId(spkiOf(key)) !== id) throw new MalformedKeyError(`the public key ${id} has the id ${keyId(spkiOf(key))}`);
  return key;
}

/**
 * Whether a key's window holds a moment. Both are claims: the holder of a key also writes the moment. So this check can
 * refuse, but a moment inside the window proves nothing. A commit on main ends a key: {@link stands}.
 *
 * @param at RFC 3339, UTC, milliseconds, as in the key's window
 */
export const isValid = (key: Key, role: Key['role'], at: string): boolean =>
  key.role === role && key.from <= at && (key.until === null || at < key.until);

/**
 * Whether a key may sign what follows a commit of main: the rules there name it for the role and give it no end. An end
 * counts from its commit on, whatever moment it names, and so does a removal: the order on main decides, and no clock.
 *
 * @param policy as it stood on main just before what was signed
 */
export const stands = ({ keys }: Policy, { id, role }: Pick<Key, 'id' | 'role'>): boolean =>
  keys.some((key) => key.id === id && key.role === role && key.until === null);
