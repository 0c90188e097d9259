import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { PawlError } from './errors.ts';
import { Frontier } from './merkle.ts';
import type { EventStore } from './store.ts';

/** What a signed note says of the log: its first `size` events have this root. */
export type Checkpoint = {
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
  /** Id of the registry that the note is put into, an extension line of the note; left out if the registry has none. */
  readonly registry?: string;
};

/** A note that is malformed, or not signed by the key it was checked with. */
export class InvalidCheckpointError extends PawlError {
  readonly code = 'invalid_checkpoint';
}

/** The public half of a note's signer; `name` is part of what its key id is made of. */
export type NoteVerifier = { readonly name: string; readonly publicKey: KeyObject };

const ED25519 = 0x01;
const EXTENSION = 'registry ';

/** First four bytes of SHA-256(name, LF, 0x01, raw public key): C2SP signed-note's key id for Ed25519. */
function keyId({ name, publicKey }: NoteVerifier): Buffer {
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  return createHash('sha256').update(`${name}\n`).update(Buffer.of(ED25519)).update(raw).digest().subarray(0, 4);
}

/**
 * A checkpoint as a signed note (https://c2sp.org/tlog-checkpoint, https://c2sp.org/signed-note).
 * Deterministic: the same log and key give the same bytes.
 */
export function signCheckpoint(
  { origin, size, root, registry }: Checkpoint,
  name: string,
  privateKey: KeyObject,
): string {
  const text = `${origin}\n${size}\n${root.toString('base64')}\n${registry === undefined ? '' : `${EXTENSION}${registry}\n`}`;
  const id = keyId({ name, publicKey: createPublicKey(privateKey) });
  const signature = Buffer.concat([id, sign(null, Buffer.from(text), privateKey)]);
  return `${text}\n— ${name} ${signature.toString('base64')}\n`;
}

/** @throws {InvalidCheckpointError} unless the note is well-formed and signed by this key */
export function openCheckpoint(note: string, verifier: NoteVerifier): Checkpoint {
  const [, text = '', signatures = ''] = /^([\s\S]*?\n)\n((?:— [^\n]+\n)+)$/.exec(note) ?? [];
  const line = signatures.split('\n').find((l) => l.startsWith(`— ${verifier.name} `));
  const bytes = Buffer.from(line?.split(' ')[2] ?? '', 'base64');
  const known = bytes.subarray(0, 4).equals(keyId(verifier));
  if (!known || !verify(null, Buffer.from(text), verifier.publicKey, bytes.subarray(4)))
    throw new InvalidCheckpointError(`the checkpoint is not signed by ${verifier.name}'s key`);
  const [origin = '', size = '', root = '', extension = '', ...rest] = text.split('\n');
  const registry = extension.startsWith(EXTENSION) ? extension.slice(EXTENSION.length) : undefined;
  const hash = Buffer.from(root, 'base64');
  if (
    !origin ||
    !/^(?:0|[1-9]\d{0,14})$/.test(size) ||
    hash.length !== 32 ||
    (extension !== '' && !registry) ||
    rest.join('') !== ''
  )
    throw new InvalidCheckpointError('the checkpoint is signed, but malformed');
  return { origin, size: Number(size), root: hash, ...(registry && { registry }) };
}

/** Extends a tree to the first `until` events; the leaf of an event is its hash in the chain. */
export async function extendTree(store: EventStore, tree: Frontier, until: number): Promise<Frontier> {
  const grown = new Frontier(tree.size, tree.roots);
  while (grown.size < until) {
    const page = await store.readAll({ after: grown.size, limit: Math.min(1000, until - grown.size) });
    if (page.length === 0) throw new RangeError(`the log has ${grown.size} events, not ${until}`);
    for (const event of page) grown.append(Buffer.from(event.hash, 'hex'));
  }
  return grown;
}
