import type { Git } from '../../registry-repo/git.ts';
import type { ObjectId } from '../../registry-repo/values.ts';
import { MergeRefusedError } from './errors.ts';

/**
 * The tree of `base` with a branch's own changes: path by path, never inside a file, so that exactly what was judged is
 * merged. A path that main has changed too is a conflict, whatever its contents. @throws {MergeRefusedError} `conflict`
 */
export async function mergedTree(
  git: Git,
  { number, head, base }: { number: number; head: ObjectId; base: ObjectId },
): Promise<ObjectId> {
  const unrelated = `pull request ${number} shares no history with main`;
  const [fork] = await git.mergeBases(base, head).catch((cause) => {
    throw new MergeRefusedError('conflict', unrelated, { cause });
  });
  if (fork === undefined) throw new MergeRefusedError('conflict', unrelated);
  const ours = await git.changes(fork, head);
  const theirs = new Set((fork === base ? [] : await git.changes(fork, base)).map((c) => c.path));
  const both = ours.filter((c) => theirs.has(c.path));
  if (both.length > 0)
    throw new MergeRefusedError('conflict', `main changed ${both.map((c) => c.path).join(', ')} as well`);
  return git.writeTree(base, new Map(ours.map((c) => [c.path, c.oid])));
}

export const treeOf = async (git: Git, commit: ObjectId): Promise<ObjectId> => (await git.commit(commit)).tree;
