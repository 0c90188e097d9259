import type { EventOf } from '../../projections/projection.ts';
import { RegistryError } from '../../registry-repo/errors.ts';
import { GitError } from '../../registry-repo/git-process.ts';
import { RegistryAt } from '../../registry-repo/registry.ts';
import { type CheckResult, type Finding, sayFor } from './findings.ts';
import { type AuditSubject, eventName, type ReadLog } from './subject.ts';

const CHECK = 'servers';
const say = sayFor(CHECK);

/** Checks what servers recorded: each version they activated must be what main named at the commit they give. */
export async function checkServers({ registry }: AuditSubject, log: ReadLog): Promise<CheckResult> {
  const activated = log.events.filter((e) => e.type === 'ModelActivated');
  const findings: Finding[] = [];
  if (registry) for (const event of activated) findings.push(...(await checkOne(registry, event)));
  const refused = log.events.filter((e) => e.type === 'ModelActivationRefused');
  for (const e of refused)
    findings.push(
      say(
        'warning',
        e.data.code,
        eventName(e),
        `${e.stream} refused ${e.data.model} at ${e.data.registryCommit.slice(0, 12)}: ${e.data.detail}`,
        e.time,
      ),
    );
  return {
    check: CHECK,
    looked: `${activated.length} activations and ${refused.length} refusals by servers`,
    findings,
  };
}

async function checkOne(
  { git, tip }: NonNullable<AuditSubject['registry']>,
  event: EventOf<'ModelActivated'>,
): Promise<Finding[]> {
  const { model, active, registryCommit } = event.data;
  const wrong = (code: string, message: string) => [say('error', code, eventName(event), message, event.time)];
  try {
    if (!(await git.isAncestor(registryCommit, tip)))
      return wrong('commit-missing', `served from ${registryCommit}, which is not on main`);
    const production = (await new RegistryAt(git, registryCommit).production(model))?.value;
    if (production?.version === active.version && production.manifest === active.manifest) return [];
    return wrong(
      'served-otherwise',
      `served v${active.version}, but main named ${production ? `v${production.version}` : 'nothing'} then`,
    );
  } catch (error) {
    if (!(error instanceof GitError || error instanceof RegistryError)) throw error;
    return wrong('commit-missing', `served from ${registryCommit}, which cannot be read: ${error.message}`);
  }
}
