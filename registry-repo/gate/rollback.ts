import { RegistryError } from '../errors.ts';
import type { Git } from '../git.ts';
import { GitError } from '../git-process.ts';
import { type Finding, failed } from '../judge/finding.ts';
import { productionPath } from '../production.ts';
import { RegistryAt } from '../registry.ts';
import type { ObjectId, VersionRef } from '../values.ts';
import { verifyMerge } from '../verify/merge.ts';
import { sameRef } from './sides.ts';
import { fromBase, stopIf } from './stop.ts';
import type { Subject } from './subject.ts';

/**
 * Checks that production may go back to this version: it was in production on main's own line, not too many promotions
 * ago; a verdict that can still be verified had put it there; and the pull request gives a reason.
 *
 * @throws {Stop} if not
 */
export async function checkRollback(
  subject: Subject,
  { git, base, reason, now }: { git: Git; base: ObjectId; reason: string | null; now: () => Date },
): Promise<void> {
  const findings: Finding[] = [];
  if (!reason?.trim()) findings.push(failed('no-reason', 'a rollback needs a reason: say why production goes back'));
  const reach = subject.policy.rollback.last;
  // The newest entry is what is in production now.
  const line = await fromBase(git.firstParents(base, { path: productionPath(subject.model), max: reach + 1 }));
  let unverified: string | null = null;
  let found = false;
  for (const commit of line.slice(1)) {
    if (!sameRef(await pointerAt(new RegistryAt(git, commit.oid), subject.model), subject.candidate.ref)) continue;
    try {
      await verifyMerge(git, commit, { keys: null, now: now() });
      found = true;
      break;
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      unverified = error.message;
    }
  }
  const version = `version ${subject.candidate.ref.version} of ${subject.model}`;
  if (!found)
    findings.push(
      unverified === null
        ? failed('never-in-production', `${version} was not in production within the last ${reach} promotions`)
        : failed('target-unverified', `${version} was put into production unverified: ${unverified}`),
    );
  stopIf(findings);
}

/** What was in production; null for nothing, and for a pointer that was put there by hand and says nothing: no version to go back to. */
async function pointerAt(then: RegistryAt, model: string): Promise<VersionRef | null> {
  try {
    return (await then.production(model))?.value ?? null;
  } catch (error) {
    if (error instanceof RegistryError && !(error instanceof GitError)) return null;
    return fromBase(Promise.reject(error));
  }
}
