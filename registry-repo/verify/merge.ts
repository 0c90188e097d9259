import { digestOf } from '../digest.ts';
import { RegistryError } from '../errors.ts';
import { evaluationPath } from '../evaluation-set.ts';
import { MAX_JSON_BYTES } from '../file.ts';
import { classify } from '../gate/change.ts';
import type { Commit, Git } from '../git.ts';
import { GitError } from '../git-process.ts';
import { type MergeFacts, NoMergeFactsError, parseMergeMessage } from '../merge-message.ts';
import { type Key, POLICY_PATH } from '../policy.ts';
import type { Production } from '../production.ts';
import { RegistryAt } from '../registry.ts';
import type { Digest, VersionRef } from '../values.ts';
import { verdictsAbout } from '../verdict/about.ts';
import { findVerdict } from '../verdict/attached.ts';
import { endedKeys, otherRegistry } from '../verdict/fits.ts';
import { type OpenedVerdict, openVerdict, VerdictInvalidError } from '../verdict/signed.ts';
import type { Verdict } from '../verdict/verdict.ts';
import { RegistryDivergedError, VerdictMissingError } from './errors.ts';

/** A commit on main that a verdict explains, to the last byte. */
export type VerifiedMerge = {
  /** The run that the commit names; null if it names none. */
  readonly run: string | null;
  readonly verdict: Verdict;
  readonly verdictDigest: Digest;
  readonly production: Production;
};

export type Trust = {
  /**
   * Keys that the caller pins: never those that the registry itself names. Null: the gate's own view, which judges by
   * main's rules and so trusts the keys that they named just before each merge.
   */
  readonly keys: readonly Key[] | null;
  readonly now: Date;
};

/**
 * Verifies that a commit on main is exactly what a trusted gate allowed. Its trailers name a passing, signed verdict. A
 * person who presses a forge's own button leaves no trailers: then the verdict is one of those kept here that are about
 * the promotion which the commit puts into production, whatever its message, as a merge, squashed or rebased. The commit changes the judged files to the judged bytes and nothing else, on the main that was judged against. Main
 * had not ended the key: what is merged after the end is refused whatever moment it claims, and what was merged before
 * stays valid. The verdict is for this registry: the one that the rules of main name, and that the keys were pinned
 * for. The caller, who knows the other commits, must check whether the same verdict was used before.
 *
 * @throws {VerdictMissingError} @throws {VerdictInvalidError} @throws {RegistryDivergedError}
 */
export async function verifyMerge(git: Git, commit: Commit, trust: Trust): Promise<VerifiedMerge> {
  const facts = factsOf(commit);
  if (facts instanceof NoMergeFactsError) return verifyUnnamed(git, commit, { trust, why: facts });
  const bytes = await findVerdict(git, facts.head, facts.verdict);
  if (!bytes)
    throw new VerdictMissingError(
      `commit ${commit.oid} names the verdict ${facts.verdict} on ${facts.head}, which is not in this repository: fetch refs/pawl/verdicts/*`,
    );
  return verifyBy(git, commit, { bytes, trust, facts });
}

/** A merge by hand is explained by the earliest verdict on its promotion that covers it. */
async function verifyUnnamed(
  git: Git,
  commit: Commit,
  { trust, why }: { trust: Trust; why: NoMergeFactsError },
): Promise<VerifiedMerge> {
  const missing = (what: string) =>
    new VerdictMissingError(`commit ${commit.oid} names no verdict, and ${what}`, { cause: why });
  const [parent] = commit.parents;
  if (parent === undefined) throw missing('it has no parent');
  const change = classify(await git.changes(parent, commit.oid));
  if (change.class !== 'promotion' && change.class !== 'rollback') throw missing('it is no promotion or rollback');
  const pointer = await new RegistryAt(git, commit.oid).production(change.model);
  if (!pointer) throw missing(`${change.model} is not in production there`);
  const { promotion } = pointer.value;
  const [verified, refused]: [VerifiedMerge[], RegistryError[]] = [[], []];
  for await (const { near, bytes } of verdictsAbout(git, promotion, [commit.oid, ...commit.parents.slice(1)])) {
    if (!near && verified.length > 0) break;
    try {
      verified.push(await verifyBy(git, commit, { bytes, trust, facts: null }));
    } catch (error) {
      if (!(error instanceof RegistryError) || error instanceof GitError) throw error;
      refused.push(error);
    }
  }
  const [first] = verified.sort((a, b) => (a.verdict.judgedAt < b.verdict.judgedAt ? -1 : 1));
  if (first) return first;
  const [reason] = refused;
  if (!reason) throw missing(`no verdict kept here is about its promotion ${promotion}`);
  throw missing(`none of the verdicts on its promotion ${promotion} covers it: ${reason.message}`);
}

type Proof = { readonly bytes: Buffer; readonly trust: Trust; readonly facts: MergeFacts | null };

/** @param proof.facts what the commit says of itself; null if it says nothing */
async function verifyBy(git: Git, commit: Commit, { bytes, trust, facts }: Proof): Promise<VerifiedMerge> {
  const [parent] = commit.parents;
  if (parent === undefined) throw new RegistryDivergedError(`commit ${commit.oid} has no parent, but names a verdict`);
  const [before, after] = [new RegistryAt(git, parent), new RegistryAt(git, commit.oid)];
  const opened = openVerdict(bytes, trust.keys ?? (await before.policy()).value.keys, trust.now);
  const { verdict, digest } = opened;
  if (facts !== null && digest !== facts.verdict)
    throw new VerdictInvalidError('mismatch', `what is kept as the verdict ${facts.verdict} is ${digest}`);
  if (facts !== null) checkFacts(commit, facts, verdict);
  if (verdict.result !== 'pass')
    throw new VerdictInvalidError(
      'mismatch',
      `commit ${commit.oid} was merged on a verdict that says ${verdict.result}`,
    );
  await checkGround(before, verdict);
  await checkRegistry(before, commit, opened);
  const [ended] = await endedKeys(before, opened.keys);
  if (ended) throw new VerdictInvalidError('key-ended', `commit ${commit.oid} was merged too late: ${ended.message}`);
  await checkChanges(git, before, after, verdict);
  const production = await checkPointer(after, verdict);
  return { run: facts?.run ?? null, verdict, verdictDigest: digest, production };
}

function factsOf(commit: Commit): MergeFacts | NoMergeFactsError {
  try {
    return parseMergeMessage(commit.message);
  } catch (error) {
    if (error instanceof NoMergeFactsError) return error;
    throw error;
  }
}

const sameRef = (a: VersionRef | null | undefined, b: VersionRef | null): boolean =>
  a?.version === b?.version && a?.manifest === b?.manifest;

/** The verdict must be about what the commit says it is about. */
function checkFacts(commit: Commit, facts: MergeFacts, verdict: Verdict): void {
  const { bound } = verdict;
  const pairs: readonly [string, unknown, unknown][] = [
    ['class', facts.class, verdict.class],
    ['model', facts.model, verdict.model],
    ['promotion', facts.promotion, verdict.promotion],
    ['pull request', facts.pullRequest, verdict.pullRequest],
    ['head', facts.head, bound.head],
    ['version', facts.version, bound.candidate.version],
    ['candidate', facts.candidate, bound.candidate.manifest],
    ['baseline', facts.baseline, bound.baseline?.manifest ?? null],
  ];
  const [wrong] = pairs.filter(([, told, judged]) => told !== judged);
  if (wrong)
    throw new VerdictInvalidError(
      'mismatch',
      `commit ${commit.oid} says ${wrong[0]} ${wrong[1]}, its verdict is about ${wrong[2]}`,
    );
}

/** Main as it was just before must equal main as it was judged against, in everything that the verdict is bound to. */
async function checkGround(before: RegistryAt, { bound, model }: Verdict): Promise<void> {
  const digest = async (path: string) => (await before.stat(path)) && digestOf(await before.file(path, MAX_JSON_BYTES));
  const voided = (what: string) =>
    new VerdictInvalidError('void', `${what} was changed between the judgement and the merge after ${before.commit}`);
  if ((await digest(POLICY_PATH)) !== bound.policy) throw voided(POLICY_PATH);
  const set = evaluationPath(bound.evaluation.set);
  if ((await digest(set)) !== bound.evaluation.digest) throw voided(set);
  const baseline = await before.production(model);
  if (!sameRef(baseline?.value, bound.baseline)) throw voided(`the baseline of ${model}`);
  if (!(await before.git.isAncestor(bound.base, before.commit)))
    throw new VerdictInvalidError('void', `${bound.base}, which was judged against, is not in the history of main`);
}

/**
 * The rules just before name the verdict's registry. If they name none, the merge was before the registry had an id.
 */
async function checkRegistry(before: RegistryAt, commit: Commit, { verdict, keys }: OpenedVerdict): Promise<void> {
  const [other] = await otherRegistry(before, verdict);
  if (other) throw new VerdictInvalidError('other-registry', `commit ${commit.oid}: ${other.message}`);
  if (verdict.registry !== undefined) return;
  for (const { registry } of keys)
    if (!registry || (registry.after && (await before.git.isOnLine(commit.oid, registry.after)))) return;
  throw new VerdictInvalidError(
    'other-registry',
    `commit ${commit.oid} has a verdict that names no registry, and is not on the line that ${keys[0]?.registry?.id} had when it got its id`,
  );
}

async function checkChanges(git: Git, before: RegistryAt, after: RegistryAt, { bound }: Verdict): Promise<void> {
  const changes = await git.changes(before.commit, after.commit);
  const judged = new Map(bound.changes.map(({ path, digest }) => [path, digest]));
  for (const { path, mode } of changes)
    if (!judged.delete(path) || mode !== '100644')
      throw new RegistryDivergedError(
        `commit ${after.commit} changes ${JSON.stringify(path)}, which was not judged so`,
      );
  const [missing] = judged.keys();
  if (missing !== undefined)
    throw new RegistryDivergedError(`commit ${after.commit} leaves out ${missing}, which was judged`);
  for (const { path, digest } of bound.changes) {
    const size = (await after.stat(path))?.sizeBytes ?? 0;
    if (digestOf(await after.file(path, size)) !== digest)
      throw new RegistryDivergedError(`commit ${after.commit} has other bytes in ${path} than were judged`);
  }
}

async function checkPointer(after: RegistryAt, { bound, model, promotion }: Verdict): Promise<Production> {
  const production = (await after.production(model))?.value;
  const asJudged =
    production &&
    sameRef(production, bound.candidate) &&
    sameRef(production.previous, bound.baseline) &&
    production.promotion === promotion;
  if (!asJudged)
    throw new RegistryDivergedError(`production.json of ${model} at ${after.commit} does not point to what was judged`);
  return production;
}
