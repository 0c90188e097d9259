import { damageOf } from '../../registry-repo/git-damage.ts';
import { type CheckResult, sayFor } from './findings.ts';
import type { AuditSubject } from './subject.ts';

const CHECK = 'repository';
const say = sayFor(CHECK);

/** Has git check every object and ref of the registry, or of its copy here. */
export async function checkRepository({ registry }: AuditSubject): Promise<CheckResult> {
  if (!registry) return { check: CHECK, looked: 'no registry', findings: [] };
  const findings = (await damageOf(registry.git)).map((line) =>
    say('error', 'repository-damaged', registry.git.gitDir, line),
  );
  return { check: CHECK, looked: 'every object and ref, by git’s own check', findings };
}
