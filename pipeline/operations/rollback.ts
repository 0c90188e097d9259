import { tidy } from '../../registry-repo/git-tidy.ts';
import { recordCheckpoints } from '../promotion/checkpoints.ts';
import type { Patience } from '../promotion/process.ts';
import { reconcile } from '../promotion/reconcile.ts';
import type { Promoting, Settings } from '../world.ts';
import type { Ended } from './promote.ts';

type Wanted = {
  /** The version; null for the one before. */
  readonly to: number | null;
  readonly reason: string;
};

/**
 * Takes a version that was in production back there, through pull request and gate. @throws {NotPromotableError}
 * {GateTimeoutError}
 */
export async function rollBack(
  world: Settings & Promoting,
  { to, reason }: Wanted,
  say: (line: string) => void,
  { waitMs = world.gateWaitMs, signal }: Partial<Patience> = {},
): Promise<Ended> {
  const ports = await world.promotions(say);
  await reconcile(ports);
  const { model } = world.config;
  const proposal = await ports.process.rollBack(model, to, reason);
  if (proposal.kind === 'done') return proposal;
  const id = proposal.kind === 'open' ? proposal.promotionId : proposal.fact.data.promotionId;
  const promotion = await ports.process.finish(model, id, { waitMs, ...(signal ? { signal } : {}) });
  await recordCheckpoints(ports);
  await tidy(ports.forge.git);
  return { kind: 'ended', promotion };
}
