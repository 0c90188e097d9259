import { digestOf } from '../digest.ts';
import { type Git, RefMovedError } from '../git.ts';
import type { Digest, ObjectId } from '../values.ts';

/**
 * Where a registry keeps a verdict: one ref for each judged commit and verdict, which names the bytes. A commit may be
 * judged again. The verdict that allowed a merge must be found whatever was judged later, so no verdict replaces
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
  const oid = await git.writeBlob(verdict);
  try {
    await git.updateRefs([{ ref, to: oid, from: null }]);
  } catch (error) {
    if (!(error instanceof RefMovedError) || (await git.resolve(ref)) !== oid) throw error;
  }
  return { ref, oid };
}

/** A verdict's bytes as they are kept, not verified in any way; or null. */
export async function findVerdict(git: Git, head: ObjectId, digest: Digest): Promise<Buffer | null> {
  const oid = await git.resolve(verdictRef(head, digest));
  return oid === null ? null : git.blob(oid, MAX_ATTACHED_BYTES);
}

/** Every verdict kept for a commit, as bytes, not verified in any way. */
export async function attachedVerdicts(git: Git, head: ObjectId): Promise<Buffer[]> {
  const found = (await git.refs(`refs/pawl/verdicts/${head}/`)).slice(0, MAX_VERDICTS);
  return Promise.all(found.map(({ oid }) => git.blob(oid, MAX_ATTACHED_BYTES)));
}

/** Every verdict that the repository keeps, one after another, as bytes, not verified in any way. */
export async function* allVerdicts(git: Git): AsyncIterable<Buffer> {
  for (const { oid } of await git.refs('refs/pawl/verdicts/')) yield git.blob(oid, MAX_ATTACHED_BYTES);
}

/** The most bytes of verdicts of one commit. Every writer of the registry may attach anything. */
const MAX_VERDICTS = 100;

const MAX_ATTACHED_BYTES = 64 * 1024 * 1024;
