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

/** What turns texts into probabilities, and says how it is. */
export type Engine = Pick<Pool, 'classify' | 'full' | 'health'>;

/** What the routes need from the server around them. */
export type AppContext = {
  /** Name of the model this server is for. */
  readonly name: string;
  readonly live: Pick<Swap<Engine, ServedModel>, 'engine' | 'facts' | 'use'>;
  readonly state: () => FollowState;
  readonly draining: () => boolean;
  readonly traffic: Traffic;
  readonly metrics: Metrics;
  readonly held: Held;
  /** Null where no webhooks are taken. */
  readonly hooks: Hooks | null;
  readonly limits: Limits;
  /** Names that the server is reached by, beside `localhost` and addresses. */
  readonly hosts: readonly string[];
  readonly log: Log;
};
