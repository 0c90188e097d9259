import type { Promotion } from '../../projections/promotions.ts';
import type { Run } from '../../projections/runs.ts';
import { tidy } from '../../registry-repo/git-tidy.ts';
import { loadDataset } from '../data/load.ts';
import { DataOptions } from '../data/options.ts';
import type { Listener } from '../progress.ts';
import { recordCheckpoints } from '../promotion/checkpoints.ts';
import { NotPromotableError } from '../promotion/decide.ts';
import type { Patience } from '../promotion/process.ts';
import { reconcile } from '../promotion/reconcile.ts';
import { ensureRegistry, registryRecorded, type SetupWorld } from '../registry-setup/setup.ts';
import type { Networked, Promoting, Rooted } from '../world.ts';
import { loadContext } from './dataset.ts';

/** Makes the first registry: the test rows of the run's own data become its evaluation set. */
export async function firstRegistry(
  world: SetupWorld & Rooted & Networked,
  run: Run,
  listener: Listener,
  signal: AbortSignal,
): Promise<void> {
  if (await registryRecorded(world)) return;
  const { created } = await ensureRegistry(world, () =>
    loadDataset({ ...DataOptions.parse(run.dataOptions), holdOut: 0 }, loadContext(world, listener, signal)),
  );
  if (created)
    listener.say(
      `made the registry ${world.path(world.config.registry.path)}; evaluation set: the test rows of run ${run.id}`,
    );
}

export type Ended =
  | { readonly kind: 'done'; readonly version: number }
  | { readonly kind: 'ended'; readonly promotion: Promotion };

/** Takes a run's candidate through pull request and gate. @throws {NotPromotableError} {GateTimeoutError} */
export async function promoteRun(
  world: Promoting,
  run: Run,
  listener: Listener,
  { waitMs = world.gateWaitMs, signal }: Partial<Patience> = {},
): Promise<Ended> {
  if (!run.candidate) throw new NotPromotableError(`run ${run.id} has no candidate: it is ${run.status}`);
  const ports = await world.promotions((line) => listener.say(line));
  await reconcile(ports);
  const { model, proposal } = await ports.process.propose(run.candidate.manifest, run.id);
  if (proposal.kind === 'done') return proposal;
  const id = proposal.kind === 'open' ? proposal.promotionId : proposal.fact.data.promotionId;
  await ports.process.endSuperseded(model, id);
  const promotion = await ports.process.finish(model, id, { waitMs, ...(signal ? { signal } : {}) });
  await recordCheckpoints(ports);
  await tidy(ports.forge.git);
  return { kind: 'ended', promotion };
}
