import { RegistryError } from '../../registry-repo/errors.ts';
import type { Git } from '../../registry-repo/git.ts';
import type { Key } from '../../registry-repo/policy.ts';
import { judgedHeadOf } from '../../registry-repo/proposal-message.ts';
import { RegistryAt } from '../../registry-repo/registry.ts';
import type { ObjectId } from '../../registry-repo/values.ts';
import { attachedVerdicts } from '../../registry-repo/verdict/attached.ts';
import { endedKeys } from '../../registry-repo/verdict/fits.ts';
import { type OpenedVerdict, openVerdict } from '../../registry-repo/verdict/signed.ts';
import type { Verdict } from '../../registry-repo/verdict/verdict.ts';

/** A verdict that a trusted gate has signed, with its bytes. */
export type SignedVerdict = OpenedVerdict & { readonly bytes: Buffer };

export type Trust = { readonly keys: readonly Key[]; readonly now: Date };

/**
 * The last verdict on a commit, or on another commit with the same changes that it names. Every account with write
 * access may attach anything, so a verdict that no trusted key has signed, or only a key that main had ended, is
 * ignored.
 */
export async function findJudged(git: Git, head: ObjectId, trust: Trust): Promise<SignedVerdict | null> {
  const own = await lastVerdict(git, head, trust);
  if (own) return own;
  const named = judgedHeadOf((await git.commit(head)).message);
  const other = named === null || (await git.commitId(named)) === null ? null : await lastVerdict(git, named, trust);
  return other && (await bringsSame(git, other.verdict, head)) ? other : null;
}

async function lastVerdict(git: Git, head: ObjectId, { keys, now }: Trust): Promise<SignedVerdict | null> {
  const found: SignedVerdict[] = [];
  for (const bytes of await attachedVerdicts(git, head)) {
    try {
      const opened = openVerdict(bytes, keys, now);
      const { bound } = opened.verdict;
      if (bound.head !== head || (await endedKeys(new RegistryAt(git, bound.base), opened.keys)).length > 0) continue;
      found.push({ ...opened, bytes });
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
    }
  }
  return found.sort((a, b) => (a.verdict.judgedAt < b.verdict.judgedAt ? 1 : -1))[0] ?? null;
}

/** Whether a commit changes the judged files to the judged bytes and nothing else, on whatever base. */
export async function bringsSame(git: Git, { bound }: Pick<Verdict, 'bound'>, head: ObjectId): Promise<boolean> {
  if (head === bound.head) return true;
  const [parent, ...more] = (await git.commit(head)).parents;
  if (parent === undefined || more.length > 0) return false;
  const changes = await git.changes(parent, head);
  if (changes.length !== bound.changes.length) return false;
  const judged = new Set(bound.changes.map((c) => c.path));
  for (const { path, oid, mode } of changes) {
    const then = judged.delete(path) ? await git.entry(bound.head, path) : null;
    if (!then || then.oid !== oid || mode !== '100644') return false;
  }
  return true;
}
