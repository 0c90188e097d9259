import type { Git } from '../../registry-repo/git.ts';
import { GitError } from '../../registry-repo/git-process.ts';
import { readNote, writeNote } from '../../registry-repo/note.ts';
import { Name, type ObjectId } from '../../registry-repo/values.ts';
import { ForgeError } from './errors.ts';
import type { Note } from './forge.ts';
import type { Mirror } from './mirror.ts';

/**
 * The ref in which a registry says which process works on a model. It is a ref and not an event, because it is true for
 * a minute, and the log keeps events for ever.
 */
export const leaseRef = (name: string): string => `refs/pawl/leases/${Name.parse(name)}`;

/** A name, a process and two times. */
const MAX_LEASE_BYTES = 10_000;

/**
 * The content of the ref. Every account that may push may put anything there: what is no small note counts as
 * nothing, and can still be replaced.
 */
export async function noteAt(git: Git, oid: ObjectId | null): Promise<Note | null> {
  if (oid === null) return null;
  try {
    return { oid, bytes: (await readNote(git, oid, MAX_LEASE_BYTES)) ?? Buffer.alloc(0) };
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    return { oid, bytes: Buffer.alloc(0) };
  }
}

/** A lease of a remote registry, read at the forge: one that was fetched before may have ended. */
export async function readLease(mirror: Mirror, name: string): Promise<Note | null> {
  const ref = leaseRef(name);
  const there = async () => (await mirror.remoteRefs(ref)).get(ref) ?? null;
  const oid = await there();
  if (oid === null) return null;
  try {
    await mirror.fetch([`+${ref}:${ref}`]);
  } catch (error) {
    const gone = error instanceof ForgeError && error.reason === 'refused' && (await there()) === null;
    if (gone) return null;
    throw error;
  }
  return noteAt(mirror.git, await mirror.git.resolve(ref));
}

/** @throws {RefMovedError} @throws {ForgeError} */
export async function moveLease(
  mirror: Mirror,
  name: string,
  { bytes, from }: { bytes: Uint8Array | null; from: ObjectId | null },
): Promise<ObjectId | null> {
  await mirror.prepare();
  const to = bytes && (await writeNote(mirror.git, bytes));
  await mirror.push({ ref: leaseRef(name), to, from });
  return to;
}
