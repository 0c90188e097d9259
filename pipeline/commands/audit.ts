import { SqliteStore } from '../../events/store.sqlite.ts';
import { audit } from '../audit/audit.ts';
import { printMarkdown, printText } from '../audit/print.ts';
import { recordAudit, subjectOf } from '../operations/audit.ts';
import { NotFoundError } from '../operations/not-found.ts';
import { projections, type Workspace } from '../workspace.ts';
import { type Command, text } from './command.ts';
import { refuse } from './refuse.ts';

const FORMATS = ['text', 'markdown'] as const;

export const auditAll: Command<Workspace> = {
  details:
    'Checks the log’s hashes and order, the signed checkpoints, every view against a rebuild, every commit on main against the log and the reverse, every verdict by judging again from its evidence, every artifact’s bytes, and what servers report that they served. Exit code 1 if a check fails.',
  json: true,
  flags: [
    { flags: '--format <format>', description: 'text or markdown (default text)' },
    { flags: '--log <file>', description: 'audit this copy of the log instead' },
    { flags: '--record', description: 'record the audit and its findings in the log' },
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
    if (invocation.flags.json === true)
      refuse(invocation, ['--format'], '--json is a format of its own: give one of them');
    const copy = text(invocation, 'log');
    const store =
      copy === undefined ? workspace.logAsItIs() : new SqliteStore(workspace.here(copy), { readOnly: true });
    const report = await audit(await subjectOf(workspace, out, store, copy === undefined), projections);
    if (invocation.flags.record === true) await recordAudit(workspace, report);
    if (copy !== undefined) await store.close();
    const { events, artifacts, registry } = workspace.config;
    const places = { ...{ events: copy ?? events.path, views: events.views }, artifacts: artifacts.path };
    const print = format === 'markdown' ? printMarkdown : printText;
    out.result(report, () => print(report, { ...places, registry: registry.path }));
    return report.passed ? 0 : 1;
  },
};
