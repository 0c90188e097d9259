import { digestOf } from '../digest.ts';
import { type Git, RefMovedError } from '../git.ts';
import { readNote, writeNote } from '../note.ts';
import type { Digest, ObjectId } from '../values.ts';

/**
 * Where a registry keeps a verdict: one ref for each judged commit and verdict, which names a commit with the bytes (before
 * there were such commits, the bytes themselves). A commit may be judged again. The verdict that allowed a merge must be found whatever was judged later, so no verdict replaces
 * another.
 */
export const verdictRef = (head: ObjectId, digest: Digest): string =>
  `refs/pawl/verdicts/${head}/${digest.slice('sha256:'.length)}`;

/** Keeps a verdict's bytes with the commit it judged. The same bytes again change nothing. */
export async function attachVerdict(
  git: Git,
  head: ObjectId,
  verdict: Uint8Array,
): Promise<{ ref: string; oid: ObjectId }> {
  const ref = verdictRef(head, digestOf(verdict));
  const oid = await writeNote(git, verdict);
  try {
    await git.updateRefs([{ ref, to: oid, from: null }]);
  } catch (error) {
    if (!(error instanceof RefMovedError)) throw error;
    const there = await git.resolve(ref);
    if (there === null || !(await holds(git, there, verdict))) throw error;
  }
  return { ref, oid };
}

/** Whether what a ref names are these bytes, however they are kept. */
export async function holds(git: Git, oid: ObjectId, verdict: Uint8Array): Promise<boolean> {
  const there = await readNote(git, oid, MAX_ATTACHED_BYTES);
  return there !== null && Buffer.compare(there, verdict) === 0;
}

/** A verdict's bytes as they are kept, not verified in any way; or null. */
export async function findVerdict(git: Git, head: ObjectId, digest: Digest): Promise<Buffer | null> {
  const oid = await git.resolve(verdictRef(head, digest));
  return oid === null ? null : readNote(git, oid, MAX_ATTACHED_BYTES);
}

/** Every verdict kept for a commit, as bytes, not verified in any way. */
export async function attachedVerdicts(git: Git, head: ObjectId): Promise<Buffer[]> {
  const found = (await git.refs(`refs/pawl/verdicts/${head}/`)).slice(0, MAX_VERDICTS);
  const notes = await Promise.all(found.map(({ oid }) => readNote(git, oid, MAX_ATTACHED_BYTES)));
  return notes.filter((bytes) => bytes !== null);
}

/** Every verdict that the repository keeps, one after another, as bytes, not verified in any way. */
export async function* allVerdicts(git: Git): AsyncIterable<Buffer> {
  for (const { oid } of await git.refs('refs/pawl/verdicts/')) {
    const bytes = await readNote(git, oid, MAX_ATTACHED_BYTES);
    if (bytes !== null) yield bytes;
  }
}

/** The most bytes of verdicts of one commit. Every writer of the registry may attach anything. */
const MAX_VERDICTS = 100;

const MAX_ATTACHED_BYTES = 64 * 1024 * 1024;
