import { hostname } from 'node:os';
import type { Fact } from '../../events/catalogue.ts';
import { runStream } from '../../events/streams.ts';
import type { Run } from '../../projections/runs.ts';
import { isAlive } from '../lock.ts';
import { hasEnded } from '../promotion/reconcile.ts';
import { handle } from '../record.ts';
import type { Minting, Recording } from '../world.ts';
import { UsageError } from './not-found.ts';

export type Ending = {
  /** Why, in the operator's words. */
  readonly reason: string;
  /** Even if its process is at work on this machine. */
  readonly force: boolean;
};

/**
 * Records that nobody waits for a run any more: its process is on a machine that is gone, or is stuck. If it is alive after
 * all, the next thing it wants to record is refused, and it ends without a candidate.
 *
 * @throws {UsageError} for a run that has ended, or that this machine can stop in a better way
 */
export async function endRun(world: Recording & Minting, run: Run, { reason, force }: Ending): Promise<void> {
  const { host, pid } = run.environment;
  if (run.status !== 'running') throw new UsageError(`run ${run.id} has ended: it is ${run.status}`);
  if (!force && host === hostname() && isAlive({ host, pid }, new Date(run.startedAt)))
    throw new UsageError(
      `run ${run.id} is held by process ${pid} of this machine since ${run.startedAt}: stop it (kill ${pid}), which ends the run; if it does not react, give --force`,
    );
  const fact: Fact = {
    type: 'TrainingRunInterrupted',
    data: { cause: 'operator', detail: `process ${pid} on ${host}: ${reason}`.slice(0, 1000) },
  };
  const { clock, command } = world;
  const commandId = `end-run:${world.newId()}`;
  const added = await handle({ store: world.store(), clock, command }, runStream(run.id), (events) =>
    events.some(hasEnded) ? null : { commandId, facts: [fact] },
  );
  if (added.length === 0) throw new UsageError(`run ${run.id} has ended meanwhile: pawl runs show ${run.id}`);
}
