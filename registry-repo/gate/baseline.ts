import { averagingOf, measureName } from '../averaging.ts';
import { RegistryError } from '../errors.ts';
import { compare, fromDecimal, toNumber } from '../fraction.ts';
import { GitError } from '../git-process.ts';
import { errored, failed } from '../judge/finding.ts';
import type { Judgement } from '../judge/judge.ts';
import { productionPath } from '../production.ts';
import { verifyMerge } from '../verify/merge.ts';
import { verifyPointer } from '../verify/production.ts';
import { Stop } from './stop.ts';
import type { Subject, SubjectRequest } from './subject.ts';

/**
 * Checks that the baseline came into production through the gate. Without this check, a person who may push to main
 * could put a bad model there and have any better one promoted over it. A rollback is the way out: it needs no such
 * baseline. Where no version was ever verified there is nothing to go back to: then the first one that passes is the
 * way out, and it must reach the minimum as if there were no baseline.
 *
 * @returns whether the baseline, if there is one, came through the gate; false only where no version ever did
 * @throws {Stop} if it did not, and another version did
 */
export async function checkBaseline(
  { model, baseline }: Subject,
  { git, base, now }: SubjectRequest & { now: () => Date },
): Promise<boolean> {
  if (!baseline) return true;
  try {
    await verifyPointer({ git, tip: base, model, keys: null, now: now() });
    return true;
  } catch (cause) {
    if (!(cause instanceof RegistryError) || cause instanceof GitError) throw cause;
    if (!(await everVerified({ model, git, base, now }))) return false;
    const message = `version ${baseline.ref.version} of ${model} is in production, but not through the gate: ${cause.message}. Roll back to a version that was, then promote`;
    throw new Stop([errored('baseline-unverified', message)], { cause });
  }
}

/** What a promotion must reach besides the F1 of a baseline that no gate let in. @throws {Stop} */
export function requireMinimum({ rules, model }: Subject, { f1 }: Pick<Judgement, 'f1'>): void {
  const minimum = fromDecimal(rules.minimum);
  if (!f1 || compare(f1.candidate, minimum) >= 0) return;
  const name = measureName(averagingOf(rules));
  const message = `${name} ${toNumber(f1.candidate).toFixed(4)} < ${rules.minimum}, the minimum: no version of ${model} ever came through the gate, so the one in production is no baseline`;
  throw new Stop([failed('f1-below-minimum', message)]);
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
