import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mergeProblems, strictlyBehind } from './rules.ts';
import type { Pull, Repo } from './state.ts';
import type { World } from './world.ts';

/** A branch's commit, or ''. The file is read first, because every read of a pull request needs it. */
export async function tipOf(repo: Repo, branch: string): Promise<string> {
  const loose = await readFile(join(repo.git.gitDir, 'refs/heads', branch), 'latin1').catch(() => '');
  return /^[0-9a-f]{40}\n$/.test(loose) ? loose.trim() : ((await repo.git.resolve(`refs/heads/${branch}`)) ?? '');
}

/** The tree of both together, or null if they collide. */
export async function mergedTree(repo: Repo, base: string, head: string): Promise<string | null> {
  const output = await repo.git.text(['merge-tree', '--write-tree', base, head]).catch(() => null);
  return output?.split('\n')[0] ?? null;
}

/**
 * Tries the merge and keeps the result, with the commit under `refs/pull/N/merge`, as GitHub does in the background.
 */
export async function tryMerge(world: World, repo: Repo, pull: Pull): Promise<void> {
  const [head, base] = [pull.head, await tipOf(repo, pull.baseRef)];
  const tree = await mergedTree(repo, base, head);
  let commit: string | null = null;
  if (tree) {
    const by = { name: 'GitHub', email: 'noreply@github.com' };
    const message = `Merge ${head} into ${base}`;
    commit = await repo.git.writeCommit({ tree, parents: [base, head], message, by, time: world.now() });
    await repo.git.run(['update-ref', `refs/pull/${pull.number}/merge`, commit]);
  }
  pull.merged = { head, base, commit };
}

/** `mergeable` and `mergeable_state` of an open pull request; not known until they were requested once. */
export async function mergeability(world: World, repo: Repo, pull: Pull): Promise<[boolean | null, string]> {
  if (pull.state !== 'open') return [null, 'unknown'];
  const base = await tipOf(repo, pull.baseRef);
  const known = () => pull.merged?.head === pull.head && pull.merged.base === base;
  if (!known() && world.options.lazyMergeable !== false) {
    world.later(repo.lock.run(() => tryMerge(world, repo, pull)));
    return [null, 'unknown'];
  }
  if (!known()) await tryMerge(world, repo, pull);
  if (pull.merged?.commit == null) return [false, 'dirty'];
  if (pull.draft) return [true, 'draft'];
  if (await strictlyBehind(world, repo, pull, null, base)) return [true, 'behind'];
  if ((await mergeProblems(world, repo, pull, null, base)).length > 0) return [true, 'blocked'];
  const unhappy = repo.statuses.findLast((s) => s.sha === pull.head)?.state ?? 'success';
  return [true, unhappy === 'success' ? 'clean' : 'unstable'];
}
