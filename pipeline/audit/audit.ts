import type { AnyProjection } from '../../projections/projection.ts';
import { RegistryError } from '../../registry-repo/errors.ts';
import type { Anchored } from '../past/anchored.ts';
import { checkArtifacts } from './check-artifacts.ts';
import { anchoredCheckpoints, checkCheckpoints, claimedSize } from './check-checkpoints.ts';
import { checkRegistry } from './check-registry.ts';
import { checkRepository } from './check-repository.ts';
import { checkServers } from './check-servers.ts';
import { checkVerdicts } from './check-verdicts.ts';
import { checkViews } from './check-views.ts';
import { type CheckResult, type Finding, sayFor } from './findings.ts';
import { readLog } from './log.ts';
import type { AuditSubject } from './subject.ts';

export type AuditReport = {
  readonly passed: boolean;
  /** Events of the log that were checked. */
  readonly position: number;
  readonly main: string | null;
  readonly at: string;
  readonly checks: readonly CheckResult[];
  readonly findings: readonly Finding[];
};

/**
 * Checks everything again from the bytes and trusts no earlier check: the log's chain, the views, every verdict, every
 * commit on main, every artifact, every checkpoint, what servers recorded that they served. It passes if there is no
 * error among the findings.
 */
export async function audit(subject: AuditSubject, projections: readonly AnyProjection[]): Promise<AuditReport> {
  const [anchored, unreadable] = await anchoredOf(subject);
  const { log, result } = await readLog(subject, new Set(anchored.map(claimedSize)));
  const broken = result.findings.length > 0;
  const checks = [
    result,
    unreadable ?? (await finished('checkpoints', () => checkCheckpoints(subject, log, anchored))),
    // A view of a broken log says nothing, and it may not even be possible to build it.
    ...(broken ? [] : [await checkViews(subject, projections)]),
    await checkRepository(subject),
    await finished('registry', () => checkRegistry(subject, log)),
    await finished('verdicts', () => checkVerdicts(subject, log)),
    await finished('artifacts', () => checkArtifacts(subject, log)),
    await finished('servers', () => checkServers(subject, log)),
  ];
  const findings = checks.flatMap((c) => c.findings);
  const main = subject.registry?.tip ?? null;
  const passed = findings.every((f) => f.severity !== 'error');
  return { passed, position: log.size, main, at: subject.now.toISOString(), checks, findings };
}

/** What one check cannot read is found, and the next check is made. */
async function finished(check: string, look: () => Promise<CheckResult>): Promise<CheckResult> {
  try {
    return await look();
  } catch (error) {
    return unfinished(check, error);
  }
}

function unfinished(check: string, error: unknown): CheckResult {
  if (!(error instanceof RegistryError)) throw error;
  const finding = sayFor(check)('error', error.code, 'the check', `not finished: ${error.message}`);
  return { check, looked: 'not finished', findings: [finding] };
}

async function anchoredOf(subject: AuditSubject): Promise<[anchored: Anchored[], unreadable: CheckResult | null]> {
  try {
    return [await anchoredCheckpoints(subject), null];
  } catch (error) {
    return [[], unfinished('checkpoints', error)];
  }
}
