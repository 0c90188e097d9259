import { digestOf } from '../../registry-repo/digest.ts';
import { RefMovedError } from '../../registry-repo/git.ts';
import { writeNote } from '../../registry-repo/note.ts';
import type { ObjectId } from '../../registry-repo/values.ts';
import { verdictRef } from '../../registry-repo/verdict/attached.ts';
import { branchRef } from './branch-ref.ts';
import type { Mirror } from './mirror.ts';

/** Branches of a remote registry, through git only: it works the same on every forge, and for pushes of any size. */
export class Branches {
  readonly #mirror: Mirror;

  constructor(mirror: Mirror) {
    this.#mirror = mirror;
  }

  /** @throws {RefMovedError} @throws {ForgeError} */
  async push(branch: string, commit: ObjectId, expected: ObjectId | null): Promise<void> {
    const ref = branchRef(branch);
    if ((await this.#mirror.remoteRefs(ref)).get(ref) !== commit)
      await this.#mirror.push({ ref, to: commit, from: expected });
  }

  async at(branch: string): Promise<ObjectId | null> {
    const ref = branchRef(branch);
    return (await this.#mirror.remoteRefs(ref)).get(ref) ?? null;
  }

  async delete(branch: string): Promise<void> {
    const from = await this.at(branch);
    if (from) await this.#mirror.push({ ref: branchRef(branch), to: null, from });
  }
}

/** Stores a verdict with the commit it judged, at the forge and here. */
export async function keepVerdict(mirror: Mirror, head: ObjectId, verdict: Uint8Array): Promise<void> {
  await mirror.prepare();
  const { git } = mirror;
  const ref = verdictRef(head, digestOf(verdict));
  const to = await writeNote(git, verdict);
  // Earlier versions kept the bytes themselves.
  const kept = [to, await git.writeBlob(verdict)];
  if (!kept.includes((await mirror.remoteRefs(ref)).get(ref) ?? '')) await mirror.push({ ref, to, from: null });
  const from = await git.resolve(ref);
  if (from === null)
    await git.updateRefs([{ ref, to, from }]).catch((error) => {
      if (!(error instanceof RefMovedError)) throw error; // a fetch was faster
    });
}
