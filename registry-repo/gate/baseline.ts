import { RegistryError } from '../errors.ts';
import { GitError } from '../git-process.ts';
import { errored } from '../judge/finding.ts';
import { productionPath } from '../production.ts';
import { verifyMerge } from '../verify/merge.ts';
import { verifyPointer } from '../verify/production.ts';
import { Stop } from './stop.ts';
import type { Subject, SubjectRequest } from './subject.ts';

/**
 * Checks that the baseline came into production through the gate. Without this check, a person who may push to main
 * could put a bad model there and have any better one promoted over it. A rollback is the way out: it needs no such
 * baseline. Where no version was ever verified there is nothing to go back to, and nothing that a bad baseline could
 * undercut: then the first one that passes is the way out.
 *
 * @throws {Stop} if not
 */
export async function checkBaseline(
  { model, baseline }: Subject,
  { git, base, now }: SubjectRequest & { now: () => Date },
): Promise<void> {
  if (!baseline) return;
  try {
    await verifyPointer({ git, tip: base, model, keys: null, now: now() });
  } catch (cause) {
    if (!(cause instanceof RegistryError) || cause instanceof GitError) throw cause;
    if (!(await everVerified({ model, git, base, now }))) return;
    const message = `version ${baseline.ref.version} of ${model} is in production, but not through the gate: ${cause.message}. Roll back to a version that was, then promote`;
    throw new Stop([errored('baseline-unverified', message)], { cause });
  }
}

type Asked = Pick<SubjectRequest, 'git' | 'base'> & { readonly model: string; readonly now: () => Date };

async function everVerified({ model, git, base, now }: Asked): Promise<boolean> {
  for (const commit of await git.firstParents(base, { path: productionPath(model) }))
    try {
      await verifyMerge(git, commit, { keys: null, now: now() });
      return true;
    } catch (error) {
      if (!(error instanceof RegistryError) || error instanceof GitError) throw error;
    }
  return false;
}
