import { PawlError } from '../../events/errors.ts';
import { logStream } from '../../events/streams.ts';
import type { Views } from '../../projections/views.ts';
import { RegistryError } from '../../registry-repo/errors.ts';
import type { ObjectId } from '../../registry-repo/values.ts';
import type { audit } from '../audit/audit.ts';
import type { AuditSubject } from '../audit/subject.ts';
import { artifactsApart } from '../open-artifacts.ts';
import type { Listener } from '../progress.ts';
import { handle } from '../record.ts';
import type { Forging, Places, Recording, Storing, Trusting } from '../world.ts';

/**
 * Prepares what an audit reads.
 *
 * @param store the log, or a copy of it @param withViews whether the views are of this log
 */
export async function subjectOf(
  world: Recording & Storing & Forging & Trusting & Places & { tables(): Views },
  { progress }: Pick<Listener, 'progress'>,
  store = world.store(),
  withViews = true,
): Promise<AuditSubject> {
  const forge = world.forge();
  let tip: ObjectId | null = null;
  let unread: string | null = null;
  try {
    tip = await forge.sync();
  } catch (error) {
    if (!(error instanceof PawlError || error instanceof RegistryError)) throw error;
    unread = error.message;
  }
  return {
    store,
    views: withViews ? world.tables() : null,
    artifacts: world.artifacts(),
    artifactsApart: artifactsApart(world.config),
    registry: tip === null ? null : { git: forge.git, tip },
    ...(unread === null ? {} : { unread }),
    trusted: world.keys().trusted,
    now: world.clock(),
    progress: (stage, done, of) => progress.update(stage, done, of),
  };
}

/** Records that an audit was made, and what it found. */
export async function recordAudit(
  world: Recording & Storing,
  report: Awaited<ReturnType<typeof audit>>,
): Promise<void> {
  const digest = await world.artifacts().put(Buffer.from(`${JSON.stringify(report, null, 2)}\n`));
  const { position, passed, findings } = report;
  const fact = {
    type: 'AuditCompleted' as const,
    data: { position, passed, findings: findings.length, report: digest },
  };
  const ports = { store: world.store(), clock: world.clock, command: world.command };
  await handle(ports, logStream, () => ({ commandId: `audit:${digest}`, facts: [fact] }));
}
