import { SqliteStore } from '../../events/store.sqlite.ts';
import { logStream } from '../../events/streams.ts';
import { audit } from '../audit/audit.ts';
import { printMarkdown, printText } from '../audit/print.ts';
import type { AuditSubject } from '../audit/subject.ts';
import type { Output } from '../output.ts';
import { handle } from '../record.ts';
import { projections, type Workspace } from '../workspace.ts';
import { type Command, text } from './command.ts';
import { NotFoundError } from './not-found.ts';

const FORMATS = ['text', 'markdown'] as const;

export const auditAll: Command<Workspace> = {
  name: 'audit',
  summary: 'replay everything and prove why each model was in production',
  details:
    'Checks the log’s hashes and order, signed checkpoints, every view against a rebuild, every commit on main against the log and back, every verdict judged again from its evidence, every artifact’s bytes, and what servers say they served. Exit code 1 if anything does not hold.',
  json: true,
  flags: [
    { flags: '--format <format>', description: 'text or markdown (default text)' },
    { flags: '--log <file>', description: 'audit this copy of the log instead' },
    { flags: '--record', description: 'record in the log that an audit was made, and what it found' },
  ],
  examples: [
    ['pawl audit', 'is everything as it was decided?'],
    ['pawl audit --json > audit.json', 'for a machine'],
    ['pawl audit --log backup/events.db', 'a copy of the log against the registry'],
  ],
  async run(invocation) {
    const { workspace, out } = invocation;
    const format = text(invocation, 'format') ?? 'text';
    if (!FORMATS.some((f) => f === format)) throw new NotFoundError('format', format, FORMATS, 'pawl audit --help');
    const copy = text(invocation, 'log');
    const store = copy === undefined ? workspace.store() : new SqliteStore(copy, { readOnly: true });
    const report = await audit(await subjectOf(workspace, out, store, copy === undefined), projections);
    if (invocation.flags.record === true) await record(workspace, report);
    if (copy !== undefined) await store.close();
    out.result(report, () => (format === 'markdown' ? printMarkdown(report) : printText(report)));
    return report.passed ? 0 : 1;
  },
};

export async function subjectOf(
  workspace: Workspace,
  out: Output,
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
    progress: (stage, done, of) => out.progress.update(stage, done, of),
  };
}

async function record(workspace: Workspace, report: Awaited<ReturnType<typeof audit>>): Promise<void> {
  const digest = await workspace.artifacts().put(Buffer.from(`${JSON.stringify(report, null, 2)}\n`));
  const { position, passed, findings } = report;
  const fact = {
    type: 'AuditCompleted' as const,
    data: { position, passed, findings: findings.length, report: digest },
  };
  const ports = { store: workspace.store(), clock: workspace.clock, command: workspace.command };
  await handle(ports, logStream, () => ({ commandId: `audit:${digest}`, facts: [fact] }));
}
