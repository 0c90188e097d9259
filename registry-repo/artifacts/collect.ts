import type { Digest } from '../values.ts';
import type { Artifacts, StoredArtifact } from './artifacts.ts';

/**
 * What a collection removes: artifacts that no event and no commit refers to, and that were not put just now by a run
 * that is about to refer to them.
 */
export const collectable = (
  artifact: StoredArtifact,
  { referenced, before }: { referenced: ReadonlySet<Digest>; before: Date },
): boolean => !referenced.has(artifact.digest) && artifact.storedAt < before;

export type Collection = {
  readonly removed: readonly StoredArtifact[];
  readonly kept: number;
  readonly bytesFreed: number;
  /** Pieces that interrupted puts have left behind. */
  readonly swept: number;
};

/**
 * Removes artifacts that nothing refers to.
 *
 * @param referenced every digest that any event, and any commit of any registry, refers to
 * @param before the grace: younger artifacts stay, because a run stores its files before it records them
 * @param dryRun reports what would be removed, and removes nothing
 */
export async function collect(
  artifacts: Artifacts,
  options: { referenced: ReadonlySet<Digest>; before: Date; dryRun?: boolean },
): Promise<Collection> {
  const removed: StoredArtifact[] = [];
  let kept = 0;
  for await (const artifact of artifacts.list()) {
    const goes =
      collectable(artifact, options) &&
      (options.dryRun === true || (await artifacts.remove(artifact.digest, options.before)));
    if (goes) removed.push(artifact);
    else kept++;
  }
  const bytesFreed = removed.reduce((sum, a) => sum + a.sizeBytes, 0);
  return { removed, kept, bytesFreed, swept: options.dryRun ? 0 : await artifacts.sweep(options.before) };
}
