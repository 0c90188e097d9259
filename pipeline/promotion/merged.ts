import type { EventData, Fact } from '../../events/catalogue.ts';
import type { EventStore } from '../../events/store.ts';
import type { Promotion } from '../../projections/promotions.ts';
import type { Artifacts } from '../../registry-repo/artifacts/artifacts.ts';
import { averagingOf } from '../../registry-repo/averaging.ts';
import { RegistryError } from '../../registry-repo/errors.ts';
import type { Git } from '../../registry-repo/git.ts';
import { GitError } from '../../registry-repo/git-process.ts';
import { rulesFor } from '../../registry-repo/judge/judge.ts';
import { type Manifest, MODEL_FILE } from '../../registry-repo/manifest.ts';
import { RegistryAt } from '../../registry-repo/registry.ts';
import type { ObjectId } from '../../registry-repo/values.ts';
import type { Forge, PullRequest } from '../forge/forge.ts';
import { branchName } from './branch.ts';
import { readCandidate } from './candidate.ts';
import { readExtras } from './report/read.ts';
import type { ReportFacts } from './report.ts';

/** The subject of a report, as a promotion in the log or a verdict gives it. */
export type ReportSubject = Pick<Promotion, 'class' | 'model' | 'candidate' | 'baseline' | 'reason' | 'judged'> & {
  readonly id: string;
};

/** Reads what the pull request's text is made of. @param base the commit of main at which earlier versions are read */
export async function reportFacts(
  { artifacts, forge, store }: { readonly artifacts: Artifacts; readonly forge: Forge; readonly store?: EventStore },
  promotion: ReportSubject & Pick<Promotion, 'pullRequest'>,
  base: ObjectId,
): Promise<ReportFacts> {
  const manifest =
    promotion.class === 'promotion'
      ? (await readCandidate(artifacts, promotion.candidate.manifest)).manifest
      : (await new RegistryAt(forge.git, base).manifest(promotion.model, promotion.candidate.version)).value;
  const head = promotion.pullRequest?.head ?? (await forge.branch(branchName(promotion)));
  return factsOf({ forge, ...(store && { store }) }, promotion, { manifest, base, head });
}

/** The same if the candidate is known from the pull request only. @param head where its files are */
export async function reportFactsAt(
  forge: Forge,
  subject: ReportSubject,
  { base, head }: { base: ObjectId; head: ObjectId },
): Promise<ReportFacts> {
  const { value: manifest } = await new RegistryAt(forge.git, head).manifest(subject.model, subject.candidate.version);
  return factsOf({ forge }, subject, { manifest, base, head });
}

async function factsOf(
  ports: { readonly forge: Forge; readonly store?: EventStore },
  { id, class: kind, model, candidate, baseline, reason, judged }: ReportSubject,
  { manifest, base, head }: { manifest: Manifest; base: ObjectId; head: ObjectId | null },
): Promise<ReportFacts> {
  const main = new RegistryAt(ports.forge.git, base);
  const before = baseline && ((await readable(main.manifest(model, baseline.version)))?.value ?? null);
  const policy = await main.policy().catch(() => null); // the gate says what is wrong with it
  const rules = policy && rulesFor(policy.value, model);
  return {
    promotionId: id,
    averaging: rules && averagingOf(rules),
    class: kind,
    model,
    candidate: { version: candidate.version, digest: candidate.manifest, manifest },
    baseline: baseline && before && { version: baseline.version, digest: baseline.manifest, manifest: before },
    reason,
    judged,
    ...(await readExtras(ports, { manifest, version: candidate.version, head })),
  };
}

/** Null if the file on main cannot be read as one: the gate says what that means. */
const readable = <T>(reading: Promise<T>): Promise<T | null> =>
  reading.catch((error) => {
    if (error instanceof RegistryError && !(error instanceof GitError)) return null;
    throw error;
  });

/** The result of a merge, read back from main. */
export async function mergedFact(
  git: Git,
  promotion: Pick<Promotion, 'id' | 'class' | 'model' | 'candidate' | 'reason' | 'judged'>,
  pull: PullRequest,
  commit: ObjectId,
): Promise<Fact> {
  const { value: manifest } = await new RegistryAt(git, commit).manifest(promotion.model, promotion.candidate.version);
  const { tree, parents } = await git.commit(commit);
  const [base = ''] = parents;
  const judged = promotion.judged as EventData<'GateJudged'>;
  const replaced = judged.bound?.baseline ?? null;
  const model = manifest.files.find((f) => f.path === MODEL_FILE)?.digest as string;
  const merge = {
    promotionId: promotion.id,
    number: pull.number,
    head: judged.bound?.head ?? pull.head,
    base,
    commit,
    tree,
    verdict: judged.verdict as string,
    model,
  };
  if (promotion.class === 'promotion')
    return { type: 'PromotionMerged', data: { ...merge, candidate: promotion.candidate, replaced } };
  const from = replaced as NonNullable<typeof replaced>;
  const reason = promotion.reason as string;
  return { type: 'ProductionRolledBack', data: { ...merge, from, to: promotion.candidate, reason } };
}
