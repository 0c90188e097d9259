import type { Fact } from '../events/catalogue.ts';
import { decode } from '../events/decode.ts';
import { type Command, encodeFacts, type RecordedEvent } from '../events/envelope.ts';
import { StreamConflictError } from '../events/errors.ts';
import { type EventStore, NO_STREAM, wholeStream } from '../events/store.ts';

/** A decision's result for a stream: facts to add, under an id that makes a repetition harmless; null for none. */
export type Decision = { readonly commandId: string; readonly facts: readonly Fact[] } | null;

/**
 * How often a stream may move between reading and appending. Beyond it the append fails instead of being tried for
 * ever.
 */
const MOST_ATTEMPTS = 100;

/**
 * Reads, decides, and appends against the revision that was read; again if another writer was faster.
 *
 * @param decide pure; it is called again each time the stream has moved
 * @returns the facts that were added, none if there was nothing to add
 * @throws {StreamConflictError} if the stream has moved every time
 */
export async function handle(
  {
    store,
    clock,
    command,
  }: { readonly store: EventStore; readonly clock: () => Date; readonly command: Pick<Command, 'actor' | 'source'> },
  stream: string,
  decide: (events: readonly RecordedEvent[]) => Decision,
): Promise<readonly Fact[]> {
  for (let attempt = 1; ; attempt++) {
    const events = (await wholeStream(store, stream)).map(decode);
    const decision = decide(events);
    if (!decision || decision.facts.length === 0) return [];
    const { commandId, facts } = decision;
    const meta = { ...command, correlationId: commandId, causationId: null, commandId, time: clock() };
    try {
      await store.append(stream, events.at(-1)?.revision ?? NO_STREAM, encodeFacts(meta, facts));
      return facts;
    } catch (error) {
      if (!(error instanceof StreamConflictError) || attempt === MOST_ATTEMPTS) throw error;
    }
  }
}
