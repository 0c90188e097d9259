import type { AnyProjection } from '../../projections/projection.ts';
import { checkArtifacts } from './check-artifacts.ts';
import { anchoredCheckpoints, checkCheckpoints, claimedSize } from './check-checkpoints.ts';
import { checkRegistry } from './check-registry.ts';
import { checkServers } from './check-servers.ts';
import { checkVerdicts } from './check-verdicts.ts';
import { checkViews } from './check-views.ts';
import type { CheckResult, Finding } from './findings.ts';
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
  const anchored = await anchoredCheckpoints(subject);
  const { log, result } = await readLog(subject, new Set(anchored.map(claimedSize)));
  const broken = result.findings.length > 0;
  const checks = [
    result,
    await checkCheckpoints(subject, log, anchored),
    // A view of a broken log says nothing, and it may not even be possible to build it.
    ...(broken ? [] : [await checkViews(subject, projections)]),
    await checkRegistry(subject, log),
    await checkVerdicts(subject, log),
    await checkArtifacts(subject, log),
    await checkServers(subject, log),
  ];
  const findings = checks.flatMap((c) => c.findings);
  const main = subject.registry?.tip ?? null;
  const passed = findings.every((f) => f.severity !== 'error');
  return { passed, position: log.size, main, at: subject.now.toISOString(), checks, findings };
}
