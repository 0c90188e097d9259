import { logStream } from '../../events/streams.ts';
import type { ObjectId } from '../../registry-repo/values.ts';
import { type ComparedWorld, lackingAt } from '../compare-log.ts';
import { type Reconciled, reconcile } from '../promotion/reconcile.ts';
import { handle } from '../record.ts';
import { recordInitialized, registryRecorded } from '../registry-setup/setup.ts';
import type { Beginning, Promoting, Recording } from '../world.ts';

type TakeUpWorld = ComparedWorld & Recording & Beginning & Promoting;

/**
 * Has a log that lost events go on: records every merge and change of rules that main proves and the log does not know,
 * and then that the log was restored, with the checkpoints that were signed for lost events. Until that last event the
 * log counts as behind, so what died half-way is done again.
 *
 * @param tip the commit of main up to which things are taken up
 */
export async function takeUp(
  world: TakeUpWorld,
  tip: ObjectId,
  say: (line: string) => void,
): Promise<Reconciled & { readonly lost: number }> {
  const store = world.store();
  const size = await store.position();
  const lost = (await lackingAt(world, store, tip)).map(({ proof: { path, size } }) => ({ path, size }));
  if (!(await registryRecorded(world))) await recordInitialized(world, world.forge().git, world.forge().location);
  const done = await reconcile(await world.promotions(say), { adopt: true });
  const most = Math.max(...lost.map((l) => l.size));
  const commandId = `restored:${tip}:${size}`;
  await handle({ store, clock: world.clock, command: world.command }, logStream, () => ({
    commandId,
    facts: [{ type: 'LogRestored', data: { size, main: tip, lost } }],
  }));
  say(
    `the log went on from ${size} events; of the ${most} that main proves, those after it are lost: runs without a version on main, and metrics`,
  );
  return { ...done, lost: lost.length };
}
