import { ArtifactCorruptError, ArtifactMissingError, ArtifactStoreError } from '../artifacts/errors.ts';
import { RegistryError } from '../errors.ts';
import { GitError, OutputTooLargeError } from '../git-process.ts';
import { errored, type Finding, failed } from '../judge/finding.ts';

/** Ends a judgement at once; what was found so far decides. It never leaves the gate. */
export class Stop extends Error {
  readonly findings: readonly Finding[];
  /** The pull request was made for an older baseline; it can be made again on the new one. */
  readonly stale: boolean;
  constructor(findings: readonly Finding[], { stale = false, cause }: { stale?: boolean; cause?: unknown } = {}) {
    super(findings[0]?.message, { cause });
    this.findings = findings;
    this.stale = stale;
  }
}

/** Ends the judgement if anything was found. */
export function stopIf(findings: readonly Finding[]): void {
  if (findings.length > 0) throw new Stop(findings);
}

/** The code of a finding. If a candidate makes git print far too much, git is stopped; that is no failure of git. */
const codeFor = (error: RegistryError): string =>
  error instanceof OutputTooLargeError ? 'output-too-large' : error.code.replaceAll('_', '-');

/** Codes that mean that git or the store do not work at all, whatever is requested. */
const isOutage = (error: unknown): boolean =>
  (error instanceof GitError && !(error instanceof OutputTooLargeError)) || error instanceof ArtifactStoreError;

/** Git, the disk or missing bytes: an error rather than a fault of what was read. `whose-fault.ts` says whose it is. */
const isFault = (error: unknown): boolean =>
  error instanceof GitError ||
  error instanceof ArtifactStoreError ||
  error instanceof ArtifactMissingError ||
  error instanceof ArtifactCorruptError;

/** What the candidate brought is wrong, so it fails. If it could not be read for another reason, that is an error. */
export async function fromHead<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (cause) {
    if (!(cause instanceof RegistryError)) throw cause;
    throw new Stop([(isFault(cause) ? errored : failed)(codeFor(cause), cause.message)], { cause });
  }
}

/** Main's content cannot be read or trusted: no candidate can be judged until a person repairs main. */
export async function fromBase<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (cause) {
    if (!(cause instanceof RegistryError)) throw cause;
    throw new Stop([errored(isOutage(cause) ? codeFor(cause) : `base-${codeFor(cause)}`, cause.message)], { cause });
  }
}
