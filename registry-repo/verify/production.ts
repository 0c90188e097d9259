import type { Commit, Git } from '../git.ts';
import { type Manifest, versionFolder } from '../manifest.ts';
import { parseMergeMessage } from '../merge-message.ts';
import type { Policy } from '../policy.ts';
import { type Production, productionPath } from '../production.ts';
import { RegistryAt } from '../registry.ts';
import type { Digest, ObjectId } from '../values.ts';
import { VerdictInvalidError } from '../verdict/signed.ts';
import type { Verdict } from '../verdict/verdict.ts';
import { NothingInProductionError, RegistryDivergedError, VerdictMissingError, VersionRevokedError } from './errors.ts';
import { type Trust, verifyMerge } from './merge.ts';

export type VerifiedProduction = {
  readonly production: Production;
  readonly manifest: Manifest;
  readonly manifestDigest: Digest;
  readonly verdict: Verdict;
  readonly verdictDigest: Digest;
  /** The commit on main that put this version into production. */
  readonly commit: ObjectId;
};

export type ProductionRequest = {
  readonly git: Git;
  /** Main's commits. */
  readonly tip: ObjectId;
  readonly model: string;
} & Trust;

/**
 * What main says is in production, if a trusted gate has allowed exactly that. Servers call it before they load a
 * model, and audits repeat it. A direct push, a forged or reused verdict, or a later change gives an error instead.
 *
 * The code that loads the model checks the model's own bytes against the manifest.
 *
 * @throws {VersionRevokedError} and the errors of {@link verifyPointer}
 */
export async function verifyProduction(request: ProductionRequest): Promise<VerifiedProduction> {
  const verified = await verifyPointer(request);
  const policy = await new RegistryAt(request.git, request.tip).policy();
  checkPinned(request, policy.value);
  if (!policy.value.revoked.includes(verified.manifestDigest)) return verified;
  throw new VersionRevokedError(
    `version ${verified.production.version} of ${request.model} is in production, but revoked by gate.json: roll back`,
  );
}

/** Checks that the rules name the registry for which the caller's keys are pinned. */
function checkPinned({ keys, tip }: ProductionRequest, { registry }: Policy): void {
  const pinned = keys?.filter((key) => key.role === 'gate') ?? [];
  if (pinned.length === 0 || pinned.some((key) => !key.registry || key.registry.id === registry?.id)) return;
  throw new VerdictInvalidError(
    'other-registry',
    `gate.json at ${tip} names ${registry ? `the registry ${registry.id}` : 'no registry'}, and the keys here are trusted for ${pinned.map((k) => k.registry?.id).join(', ')} alone`,
  );
}

/**
 * The same without revocation: whether the step that made this the baseline was verified.
 *
 * @throws {NothingInProductionError} @throws {VerdictMissingError} @throws {VerdictInvalidError}
 * @throws {RegistryDivergedError} and the errors of {@link RegistryAt}
 */
export async function verifyPointer(request: ProductionRequest): Promise<VerifiedProduction> {
  const { git, tip, model } = request;
  const main = new RegistryAt(git, tip);
  const pointer = await main.production(model);
  if (!pointer) throw new NothingInProductionError(`no version of ${model} is in production at ${tip}`);
  const [last, ...earlier] = await git.firstParents(tip, { path: productionPath(model) });
  if (!last) throw new VerdictMissingError(`no commit on main explains production.json of ${model} at ${tip}`);
  const { production, verdict, verdictDigest, run } = await verifyMerge(git, last, request);
  if (verdict.model !== model)
    throw new VerdictInvalidError(
      'mismatch',
      `commit ${last.oid} moved ${model}, its verdict is about ${verdict.model}`,
    );
  const before = await usedBy(git, earlier, { at: last.oid, model, verdictDigest });
  if (before)
    throw new VerdictInvalidError('replayed', `commit ${last.oid} uses the verdict of ${before.oid} a second time`);
  const manifest = await main.manifest(model, production.version);
  const folder = versionFolder(model, production.version);
  const [now, then] = [await git.entry(tip, folder), await git.entry(last.oid, folder)];
  if (manifest.digest !== production.manifest || now?.oid !== then?.oid)
    throw new RegistryDivergedError(`${folder} was changed after ${last.oid} had put it into production`);
  if (run !== null && run !== manifest.value.run.id)
    throw new VerdictInvalidError('mismatch', `commit ${last.oid} says run ${run}, it was ${manifest.value.run.id}`);
  return {
    production,
    manifest: manifest.value,
    manifestDigest: manifest.digest,
    verdict,
    verdictDigest,
    commit: last.oid,
  };
}

/**
 * The commit among earlier ones that used a verdict, or null. One that names no verdict used it if it has the very
 * pointer: a pointer names its promotion, and no promotion is made twice.
 */
export async function usedBy(
  git: Git,
  earlier: readonly Commit[],
  { at, model, verdictDigest }: { at: ObjectId; model: string; verdictDigest: Digest },
): Promise<Commit | null> {
  const path = productionPath(model);
  const pointer = (await git.entry(at, path))?.oid;
  for (const commit of earlier) {
    const named = verdictOf(commit);
    if (named === verdictDigest) return commit;
    if (named === null && (await git.entry(commit.oid, path))?.oid === pointer) return commit;
  }
  return null;
}

/** The verdict a commit names, or null. */
export function verdictOf(commit: Commit): Digest | null {
  try {
    return parseMergeMessage(commit.message).verdict;
  } catch {
    return null;
  }
}
