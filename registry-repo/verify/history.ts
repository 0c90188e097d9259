import { RegistryError } from '../errors.ts';
import { classify } from '../gate/change.ts';
import type { Commit, Git } from '../git.ts';
import type { Digest, ObjectId } from '../values.ts';
import { type Trust, type VerifiedMerge, verifyMerge } from './merge.ts';
import { usedBy, verdictOf } from './production.ts';

/** One commit of main, and why it is there. For an `unexplained` one there is no decision that can be verified. */
export type MainCommit = { readonly commit: ObjectId; readonly parent: ObjectId | null; readonly title: string } & (
  | { readonly kind: 'init' | 'config' }
  | { readonly kind: 'promotion' | 'rollback'; readonly merge: VerifiedMerge }
  | { readonly kind: 'unexplained'; readonly code: string; readonly detail: string }
);

/**
 * Main's own line of commits, oldest first, each explained or not: the first commit with a registry's rules, promotions
 * and rollbacks with their verified verdicts, and changes of rules and documents that people have merged.
 *
 * @param after only commits since this one; a verdict that was used up to there counts as used
 */
export async function* mainHistory(
  request: { git: Git; tip: ObjectId; after?: ObjectId } & Trust,
): AsyncIterable<MainCommit> {
  const { git, tip, after } = request;
  const known = after === undefined ? [] : await git.firstParents(after);
  const used = new Set(known.map(verdictOf));
  /** What was merged without naming its verdict, where the verdicts of this walk may have been used before. */
  const unnamed = known.filter((commit) => verdictOf(commit) === null);
  const commits = await git.firstParents(tip, after === undefined ? {} : { after });
  for (const commit of commits.reverse()) {
    const verdict = verdictOf(commit);
    const common = {
      commit: commit.oid,
      parent: commit.parents[0] ?? null,
      title: commit.message.split('\n')[0] ?? '',
    };
    if (verdict !== null && used.has(verdict))
      yield { ...common, kind: 'unexplained', code: 'replayed', detail: `the verdict ${verdict} was used before` };
    else {
      const explained = await explain(commit, request);
      const again = 'merge' in explained ? await usedBefore(git, commit, { ...explained.merge, used, unnamed }) : null;
      yield again === null
        ? { ...common, ...explained }
        : { ...common, kind: 'unexplained', code: 'replayed', detail: `the verdict ${again} was used before` };
      if ('merge' in explained) used.add(explained.merge.verdictDigest);
    }
    used.add(verdict);
  }
}

type Merge = VerifiedMerge & { readonly used: ReadonlySet<Digest | null>; readonly unnamed: readonly Commit[] };

async function usedBefore(
  git: Git,
  { oid }: Commit,
  { verdict: { model }, verdictDigest, used, unnamed }: Merge,
): Promise<Digest | null> {
  const before = used.has(verdictDigest) || (await usedBy(git, unnamed, { at: oid, model, verdictDigest })) !== null;
  return before ? verdictDigest : null;
}

type Explanation =
  | { kind: 'init' | 'config' }
  | { kind: 'promotion' | 'rollback'; merge: VerifiedMerge }
  | { kind: 'unexplained'; code: string; detail: string };

async function explain(commit: Commit, request: { git: Git } & Trust): Promise<Explanation> {
  const { git } = request;
  const [parent] = commit.parents;
  if (parent === undefined) {
    const [model] = await git.folder(commit.oid, 'models');
    return model
      ? { kind: 'unexplained', code: 'verdict_missing', detail: `the first commit already holds ${model.path}` }
      : { kind: 'init' };
  }
  const changes = await git.changes(parent, commit.oid);
  if (changes.length === 0 || classify(changes).class === 'config') return { kind: 'config' };
  try {
    const merge = await verifyMerge(git, commit, request);
    return { kind: merge.verdict.class, merge };
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    return { kind: 'unexplained', code: error.code, detail: error.message };
  }
}
