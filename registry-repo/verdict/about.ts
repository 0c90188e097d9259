import type { Git } from '../git.ts';
import type { ObjectId } from '../values.ts';
import { allVerdicts, attachedVerdicts } from './attached.ts';
import { claimedPromotion } from './signed.ts';

/**
 * The kept verdicts that say they are about a promotion, as bytes, not verified in any way: first those of the commits
 * where they most likely are, then whatever is kept. Who finds one that counts stops reading.
 *
 * @param heads commits that may be the judged one
 */
export async function* verdictsAbout(
  git: Git,
  promotion: string,
  heads: readonly ObjectId[],
): AsyncIterable<{ readonly near: boolean; readonly bytes: Buffer }> {
  for (const head of heads)
    for (const bytes of await attachedVerdicts(git, head))
      if (claimedPromotion(bytes) === promotion) yield { near: true, bytes };
  for await (const bytes of allVerdicts(git)) if (claimedPromotion(bytes) === promotion) yield { near: false, bytes };
}
