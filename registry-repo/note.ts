import type { Git } from './git.ts';
import { OutputTooLargeError } from './git-process.ts';
import type { ObjectId } from './values.ts';

/** Where a note's commit has its bytes. */
const FILE = 'note';
const by = { name: 'Pawl', email: 'pawl@localhost' };
/** A note's time is in its bytes. With the same one for all, the same bytes are the same commit. */
const TIME = new Date('2026-01-01T00:00:00Z');

/** Stores bytes for a ref of their own: in a commit, because servers take every ref for one of a commit. */
export async function writeNote(git: Git, bytes: Uint8Array): Promise<ObjectId> {
  const tree = await git.writeTree(null, new Map([[FILE, await git.writeBlob(bytes)]]));
  return git.writeCommit({ tree, parents: [], message: 'Kept by Pawl\n', by, time: TIME });
}

/**
 * The bytes that a ref names: in a commit, or as they were kept before, in a blob. Every account that may push may put
 * anything there: null for what is neither, or is larger.
 *
 * @throws {GitError} if the object cannot be read
 */
export async function readNote(git: Git, oid: ObjectId, maxBytes: number): Promise<Buffer | null> {
  const blob = await blobOf(git, oid);
  if (blob === null) return null;
  try {
    return await git.blob(blob, maxBytes);
  } catch (error) {
    if (error instanceof OutputTooLargeError) return null;
    throw error;
  }
}

async function blobOf(git: Git, oid: ObjectId): Promise<ObjectId | null> {
  const type = await git.typeOf(oid);
  if (type !== 'commit') return type === 'blob' ? oid : null;
  const entry = await git.entry(oid, FILE);
  return entry?.type === 'blob' ? entry.oid : null;
}
