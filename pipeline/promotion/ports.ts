import type { Engine } from '../../projections/engine.ts';
import type { Key } from '../../registry-repo/policy.ts';
import type { PromotionPorts, PromotionProcess } from './process.ts';

/** What looking after promotions needs beside the promotions themselves. */
export type ReconcilePorts = PromotionPorts & {
  readonly process: PromotionProcess;
  /** The views, caught up at each call. */
  readonly views: () => Promise<Engine>;
  /** The gate keys this machine believes. */
  readonly trusted: readonly Key[];
};
