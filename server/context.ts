import type { FollowState } from './follow.ts';
import type { Held } from './held.ts';
import type { Hooks } from './hooks/hooks.ts';
import type { Pool } from './inference/pool.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.prometheus.ts';
import type { Limits } from './options.ts';
import type { ServedModel } from './served.ts';
import type { Swap } from './swap.ts';
import type { Traffic } from './traffic.ts';

/** Turns texts into probabilities, and reports its health. */
export type Engine = Pick<Pool, 'classify' | 'full' | 'health'>;

/** What the routes need from the server. */
export type AppContext = {
  /** Name of the model that this server serves. */
  readonly name: string;
  readonly live: Pick<Swap<Engine, ServedModel>, 'engine' | 'facts' | 'use'>;
  readonly state: () => FollowState;
  readonly draining: () => boolean;
  readonly traffic: Traffic;
  readonly metrics: Metrics;
  readonly held: Held;
  /** Null if the server accepts no webhooks. */
  readonly hooks: Hooks | null;
  readonly limits: Limits;
  /** Names of this server, besides `localhost` and addresses. */
  readonly hosts: readonly string[];
  readonly log: Log;
};
