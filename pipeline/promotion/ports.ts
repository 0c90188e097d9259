import type { Engine } from '../../projections/engine.ts';
import type { PromotionProcess } from './process.ts';
import type { PromotionPorts } from './promotion-ports.ts';

/** What looking after promotions needs beside the promotions themselves. */
export type ReconcilePorts = PromotionPorts & {
  readonly process: PromotionProcess;
  /** The views, caught up at each call. */
  readonly views: () => Promise<Engine>;
};
