import { type ChainBreak, ChainVerifier } from '../../events/chain.ts';
import { verifyShape } from '../../events/decode.ts';
import type { StoredEvent } from '../../events/envelope.ts';
import { UnreadableEventError } from '../../events/errors.ts';
import { wholeLog } from '../../events/store.ts';
import { textTable } from '../table.ts';
import type { Workspace } from '../workspace.ts';
import type { Command } from './command.ts';

type Finding = Omit<ChainBreak, 'code'> & { readonly code: ChainBreak['code'] | 'unreadable' | 'file-damaged' };

const SHOWN = 50;

export const eventsVerify: Command<Workspace> = {
  details:
    'Exit code 1 if any event is not as it was written. `pawl audit` checks more: the registry, the artifacts, the verdicts.',
  json: true,
  examples: [['pawl events verify', 'check the whole log']],
  async run({ workspace, out }) {
    const store = workspace.store();
    const total = await store.position();
    const verifier = new ChainVerifier();
    const findings: Finding[] = [];
    for await (const page of wholeLog(store)) {
      for (const event of page) findings.push(...verifier.check(event), ...shapeOf(event));
      out.progress.update('verifying events', verifier.position, total);
    }
    for (const message of (await store.damage?.()) ?? [])
      findings.push({ position: 0, stream: 'the file', revision: 0, code: 'file-damaged', message });
    const value = { events: verifier.position, streams: verifier.heads.size, findings };
    out.result(value, () =>
      findings.length === 0 ? `${value.events} events in ${value.streams} streams, every link intact` : table(findings),
    );
    return findings.length === 0 ? 0 : 1;
  },
};

function shapeOf(event: StoredEvent): Finding[] {
  try {
    verifyShape(event);
    return [];
  } catch (error) {
    if (!(error instanceof UnreadableEventError)) throw error;
    const { position, stream, revision } = event;
    return [{ position, stream, revision, code: 'unreadable', message: error.message }];
  }
}

const table = (findings: readonly Finding[]): string => {
  const rows = findings
    .slice(0, SHOWN)
    .map((f) => [String(f.position), `${f.stream}@${f.revision}`, f.code, f.message]);
  const more = findings.length > SHOWN ? `\n… and ${findings.length - SHOWN} more (--json shows all)` : '';
  return `${findings.length} findings\n\n${textTable(['position', 'event', 'finding', 'what'], rows, [0])}${more}`;
};
