import type { Artifacts } from '../registry-repo/artifacts/artifacts.ts';
import { averagingOf, measureName } from '../registry-repo/averaging.ts';
import { f1 } from '../registry-repo/f1.ts';
import { toNumber } from '../registry-repo/fraction.ts';
import type { Git } from '../registry-repo/git.ts';
import type { ManifestFile } from '../registry-repo/manifest.ts';
import type { Key } from '../registry-repo/policy.ts';
import { RegistryAt } from '../registry-repo/registry.ts';
import { denseCounts } from '../registry-repo/stored-counts.ts';
import type { ObjectId } from '../registry-repo/values.ts';
import type { Verdict } from '../registry-repo/verdict/verdict.ts';
import { NothingInProductionError } from '../registry-repo/verify/errors.ts';
import { type VerifiedProduction, verifyProduction } from '../registry-repo/verify/production.ts';
import { readVersionFile } from '../registry-repo/version-files.ts';
import type { Evaluation, ProvenVersion, Registry } from './registry.ts';

export type GitRegistryOptions = {
  /** A local copy of the registry, with its verdicts. */
  readonly git: Git;
  /** Updates the copy. @returns main's tip */
  readonly sync: () => Promise<ObjectId>;
  readonly artifacts: Artifacts;
  readonly model: string;
  /** Keys whose verdicts count. The operator of the server pins them; they are never read from the registry. */
  readonly keys: readonly Key[];
  readonly clock?: () => Date;
};

/**
 * A registry in a git repository. What cannot be verified throws an error of `verifyProduction` or of reading a
 * registry.
 */
export function gitRegistry(options: GitRegistryOptions): Registry {
  const { git, sync, artifacts, model, keys, clock = () => new Date() } = options;
  return {
    sync,
    isOnLine: (commit, tip) => git.isOnLine(commit, tip),
    revoked: async (tip) => (await new RegistryAt(git, tip).policy()).value.revoked,
    verify: async (tip): Promise<ProvenVersion | null> => {
      const verified = await verifyOrNothing(() => verifyProduction({ git, tip, model, keys, now: clock() }));
      if (!verified) return null;
      const { production, manifest, manifestDigest, verdict, verdictDigest, commit } = verified;
      const { version, promotion: id } = production;
      const of = { registry: new RegistryAt(git, tip), artifacts, model, version, manifest };
      return {
        version,
        manifest,
        manifestDigest,
        verdict: verdictDigest,
        promotion: { id, class: verdict.class, pullRequest: verdict.pullRequest, commit },
        measured: await measured(git, verdict),
        files: async (paths) => {
          const wanted = manifest.files.filter((file) => paths.includes(file.path));
          const read = async (file: ManifestFile) => [file.path, await readVersionFile(of, file)] as const;
          return new Map(await Promise.all(wanted.map(read)));
        },
      };
    },
  };
}

async function verifyOrNothing(verify: () => Promise<VerifiedProduction>): Promise<VerifiedProduction | null> {
  try {
    return await verify();
  } catch (error) {
    if (error instanceof NothingInProductionError) return null;
    throw error;
  }
}

/** The gate's counts, and its F1 by the rules it judged by. */
async function measured(git: Git, { bound, evidence, model }: Verdict): Promise<Evaluation | null> {
  const rules = (await new RegistryAt(git, bound.base).policy()).value.models[model];
  if (!evidence.measured || !rules) return null;
  const { labels } = evidence.evaluation;
  const confusion = evidence.measured.candidate;
  const averaging = averagingOf(rules);
  return {
    measure: measureName(averaging),
    f1: toNumber(f1(labels, denseCounts(confusion), averaging)),
    labels,
    confusion,
  };
}
