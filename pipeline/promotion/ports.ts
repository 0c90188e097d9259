import type { Engine } from '../../projections/engine.ts';
import type { PromotionProcess } from './process.ts';
import type { PromotionPorts } from './promotion-ports.ts';

/** What reconciliation needs besides promotions. */
export type ReconcilePorts = PromotionPorts & {
  readonly process: PromotionProcess;
  /** The views, caught up at each call. */
  readonly views: () => Promise<Engine>;
};
