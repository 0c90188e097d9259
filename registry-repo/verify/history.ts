import { RegistryError } from '../errors.ts';
import { classify } from '../gate/change.ts';
import type { Commit, Git } from '../git.ts';
import type { ObjectId } from '../values.ts';
import { type Trust, type VerifiedMerge, verifyMerge } from './merge.ts';
import { verdictOf } from './production.ts';

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
  const used = new Set(after === undefined ? [] : (await git.firstParents(after)).map(verdictOf));
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
    else yield { ...common, ...(await explain(commit, request)) };
    used.add(verdict);
  }
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
