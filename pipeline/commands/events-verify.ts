import { type LogFinding, verifyLog } from '../past/verify-log.ts';
import { textTable } from '../table.ts';
import type { Workspace } from '../workspace.ts';
import type { Command } from './command.ts';

const SHOWN = 50;

export const eventsVerify: Command<Workspace> = {
  details:
    'Exit code 1 if any event is not as it was written. `pawl audit` checks more: the registry, the artifacts, the verdicts.',
  json: true,
  examples: [['pawl events verify', 'check the whole log']],
  async run({ workspace, out }) {
    const value = await verifyLog(workspace.logAsItIs(), (done, of) =>
      out.progress.update('verifying events', done, of),
    );
    const { findings } = value;
    out.result(value, () =>
      findings.length === 0 ? `${value.events} events in ${value.streams} streams, every link intact` : table(findings),
    );
    return findings.length === 0 ? 0 : 1;
  },
};

const table = (findings: readonly LogFinding[]): string => {
  const rows = findings
    .slice(0, SHOWN)
    .map((f) => [String(f.position), `${f.stream}@${f.revision}`, f.code, f.message]);
  const more = findings.length > SHOWN ? `\n… and ${findings.length - SHOWN} more (--json shows all)` : '';
  return `${findings.length} findings\n\n${textTable(['position', 'event', 'finding', 'what'], rows, [0])}${more}`;
};
