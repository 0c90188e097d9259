import { type ChainBreak, ChainVerifier } from '../../events/chain.ts';
import { verifyShape } from '../../events/decode.ts';
import type { StoredEvent } from '../../events/envelope.ts';
import { UnreadableEventError } from '../../events/errors.ts';
import { type EventStore, wholeLog } from '../../events/store.ts';

/** An event that is not as it was written, or damage of the log's file. */
export type LogFinding = Omit<ChainBreak, 'code'> & {
  readonly code: ChainBreak['code'] | 'unreadable' | 'file-damaged';
};

/** What was read of a log, and what is wrong with it. */
export type VerifiedLog = {
  readonly events: number;
  readonly streams: number;
  readonly findings: readonly LogFinding[];
};

/** Reads every event of a log and checks hashes, links, order and shapes, and the log's file. */
export async function verifyLog(
  store: EventStore,
  progress: (done: number, of: number) => void = () => {},
): Promise<VerifiedLog> {
  const total = await store.position();
  const verifier = new ChainVerifier();
  const findings: LogFinding[] = [];
  for await (const page of wholeLog(store)) {
    for (const event of page) findings.push(...verifier.check(event), ...shapeOf(event));
    progress(verifier.position, total);
  }
  for (const message of (await store.damage?.()) ?? [])
    findings.push({ position: 0, stream: 'the file', revision: 0, code: 'file-damaged', message });
  return { events: verifier.position, streams: verifier.heads.size, findings };
}

function shapeOf(event: StoredEvent): LogFinding[] {
  try {
    verifyShape(event);
    return [];
  } catch (error) {
    if (!(error instanceof UnreadableEventError)) throw error;
    const { position, stream, revision } = event;
    return [{ position, stream, revision, code: 'unreadable', message: error.message }];
  }
}
