import type { EventData, Fact } from '../../events/catalogue.ts';
import type { RecordedEvent } from '../../events/envelope.ts';
import { runStream } from '../../events/streams.ts';
import { type Promotion, promotions } from '../../projections/promotions.ts';
import { runs } from '../../projections/runs.ts';
import { tidy } from '../../registry-repo/git-tidy.ts';
import { isAlive } from '../lock.ts';
import { handle } from '../record.ts';
import { recordCheckpoints } from './checkpoints.ts';
import { compareMain } from './compare-main.ts';
import { holderOf } from './lease.ts';
import type { ReconcilePorts } from './ports.ts';

export type Leased = { readonly promotion: string; readonly model: string; readonly by: string };

/** What was found half done or wrong, and the result. */
export type Reconciled = {
  readonly interrupted: readonly string[];
  readonly finished: readonly Promotion[];
  /** Open promotions that were left alone: another process works on their model. */
  readonly leased: readonly Leased[];
  readonly diverged: readonly EventData<'RegistryDriftDetected'>[];
};

/**
 * Finishes everything that was left half done, and records what happened without Pawl: dead runs, open promotions,
 * merges without their records, commits on main that nothing explains. A second call changes nothing more.
 *
 * @param adopt whether merges of promotions that the log does not know are recorded: it has lost events
 */
export async function reconcile(ports: ReconcilePorts, { adopt = false } = {}): Promise<Reconciled> {
  const interrupted = await endDeadRuns(ports);
  await ports.forge.sync(); // this machine may have no copy of the registry yet
  const { finished, leased } = await finishPromotions(ports);
  await recordCheckpoints(ports);
  const diverged = await compareMain(ports, adopt || ports.gate.kind === 'workflow');
  await tidy(ports.forge.git);
  return { interrupted, finished, leased, diverged };
}

/** Ends the runs of this machine whose process has ended. @returns their ids */
export async function endDeadRuns(
  ports: Pick<ReconcilePorts, 'store' | 'clock' | 'command' | 'views'>,
): Promise<string[]> {
  const ended: string[] = [];
  for (const run of (await ports.views()).rows(runs)) {
    const { host, pid } = run.environment;
    if (run.status !== 'running' || isAlive({ host, pid }, new Date(run.startedAt))) continue;
    const detail = `process ${pid} on ${host} is not running`;
    const fact: Fact = { type: 'TrainingRunInterrupted', data: { cause: 'process-gone', detail } };
    const added = await handle(ports, runStream(run.id), (events) =>
      events.some(hasEnded) ? null : { commandId: `interrupted:${run.id}`, facts: [fact] },
    );
    if (added.length > 0) ended.push(run.id);
  }
  return ended;
}

/** Whether this ends a run. */
export const hasEnded = (e: RecordedEvent): boolean =>
  e.type === 'TrainingRunCompleted' || e.type === 'TrainingRunFailed' || e.type === 'TrainingRunInterrupted';

async function finishPromotions(ports: ReconcilePorts): Promise<Pick<Reconciled, 'finished' | 'leased'>> {
  const open = [...(await ports.views()).rows(promotions)].filter((p) => p.status === 'open');
  const [finished, leased]: [Promotion[], Leased[]] = [[], []];
  for (const { model, id } of open.sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const { promotion, leased: lease } = await ports.process.tryFinish(model, id);
    if (!lease) finished.push(promotion);
    else if (promotion.status === 'open') leased.push({ promotion: id, model, by: holderOf(lease) });
  }
  for (const { promotion, model, by } of leased)
    ports.say(`promotion ${promotion} of ${model} is left alone: the model is held by ${by}`);
  return { finished, leased };
}
