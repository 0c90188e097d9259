import { logStream } from '../../events/streams.ts';
import type { audit } from '../audit/audit.ts';
import type { AuditSubject } from '../audit/subject.ts';
import type { Listener } from '../progress.ts';
import { handle } from '../record.ts';
import type { Workspace } from '../workspace.ts';

/**
 * What an audit looks at.
 *
 * @param store the log, or a copy of it @param withViews whether the views are of this log
 */
export async function subjectOf(
  workspace: Workspace,
  { progress }: Pick<Listener, 'progress'>,
  store = workspace.store(),
  withViews = true,
): Promise<AuditSubject> {
  const forge = workspace.forge();
  const tip = await forge.sync().catch(() => null);
  return {
    store,
    views: withViews ? workspace.tables() : null,
    artifacts: workspace.artifacts(),
    registry: tip === null ? null : { git: forge.git, tip },
    trusted: workspace.keys().trusted,
    now: workspace.clock(),
    progress: (stage, done, of) => progress.update(stage, done, of),
  };
}

/** Records that an audit was made, and what it found. */
export async function recordAudit(workspace: Workspace, report: Awaited<ReturnType<typeof audit>>): Promise<void> {
  const digest = await workspace.artifacts().put(Buffer.from(`${JSON.stringify(report, null, 2)}\n`));
  const { position, passed, findings } = report;
  const fact = {
    type: 'AuditCompleted' as const,
    data: { position, passed, findings: findings.length, report: digest },
  };
  const ports = { store: workspace.store(), clock: workspace.clock, command: workspace.command };
  await handle(ports, logStream, () => ({ commandId: `audit:${digest}`, facts: [fact] }));
}
