import { ChainVerifier } from '../../events/chain.ts';
import { verifyShape } from '../../events/decode.ts';
import type { RecordedEvent, StoredEvent } from '../../events/envelope.ts';
import { UnreadableEventError } from '../../events/errors.ts';
import { Frontier } from '../../events/merkle.ts';
import { wholeLog } from '../../events/store.ts';
import { type CheckResult, type Finding, sayFor } from './findings.ts';
import { type AuditSubject, eventName, type ReadLog } from './subject.ts';

const CHECK = 'log';
const say = sayFor(CHECK);

/**
 * Reads the whole log once: checks every hash, link, revision, position and shape, and keeps what other checks need.
 * Memory grows with decisions, not with metrics.
 *
 * @param sizes of the log whose Merkle roots are wanted
 */
export async function readLog(
  subject: AuditSubject,
  sizes: ReadonlySet<number>,
): Promise<{ log: ReadLog; result: CheckResult }> {
  const total = await subject.store.position();
  const verifier = new ChainVerifier();
  const tree = new Frontier();
  const findings: Finding[] = [];
  const events: RecordedEvent[] = [];
  const roots = new Map<number, string>();
  for await (const page of wholeLog(subject.store)) {
    for (const stored of page) {
      findings.push(...verifier.check(stored).map((b) => say('error', b.code, eventName(b), b.message, stored.time)));
      tree.append(Buffer.from(stored.hash, 'hex'));
      if (sizes.has(tree.size)) roots.set(tree.size, tree.root().toString('hex'));
      const event = read(stored, findings);
      if (!event || event.type === 'MetricLogged') continue;
      events.push(event);
    }
    subject.progress('reading the log', verifier.position, total);
  }
  for (const line of (await subject.store.damage?.()) ?? [])
    findings.push(say('error', 'file-damaged', 'the log’s file', line));
  const log = { size: tree.size, streams: verifier.heads.size, events, roots };
  return {
    log,
    result: {
      check: CHECK,
      looked: `${log.size} events in ${log.streams} streams: hashes, links, order, shapes`,
      findings,
    },
  };
}

function read(stored: StoredEvent, findings: Finding[]): RecordedEvent | null {
  try {
    return verifyShape(stored);
  } catch (error) {
    if (!(error instanceof UnreadableEventError)) throw error;
    findings.push(say('error', error.code, eventName(stored), error.message, stored.time));
    return null;
  }
}
