import { linkHash } from '../../events/chain.ts';
import type { StoredEvent } from '../../events/envelope.ts';
import type { EventStore } from '../../events/store.ts';
import { NotFoundError } from '../operations/not-found.ts';
import type { Workspace } from '../workspace.ts';
import type { Command } from './command.ts';

export const eventsShow: Command<Workspace> = {
  json: true,
  arguments: [{ name: 'event', description: 'its position, or its id' }],
  examples: [['pawl events show 41', 'the event at position 41']],
  async run({ args: [wanted = ''], workspace, out }) {
    const event = await find(workspace.logAsItIs(), wanted);
    const intact = linkHash(event.prev, event) === event.hash;
    const value = {
      ...event,
      data: JSON.parse(event.data) as unknown,
      meta: JSON.parse(event.meta) as unknown,
      intact,
    };
    out.result(value, () => JSON.stringify(value, null, 2));
    return intact ? 0 : 1;
  },
};

/** @throws {NotFoundError} */
async function find(store: EventStore, wanted: string): Promise<StoredEvent> {
  const isPosition = /^\d{1,15}$/.test(wanted) && Number(wanted) > 0;
  const [at] = isPosition ? await store.readAll({ after: Number(wanted) - 1, limit: 1 }) : [];
  const event = at ?? (await store.find(wanted));
  if (event) return event;
  const recent = await store.scanAll({ after: Math.max(0, (await store.position()) - 1000) });
  throw new NotFoundError(
    'event',
    wanted,
    recent.map((e) => e.id),
    'pawl events list',
  );
}
