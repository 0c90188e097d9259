import { Counter, Gauge, Registry } from 'prom-client';
import type { PoolHealth } from './inference/pool.ts';

/** What a server counts for whoever watches it. */
export type Metrics = {
  /** A process that ran the model ended by itself or was killed. @param code of what befell it */
  readonly lost: (code: string) => void;
  /** Everything, in the text format of Prometheus. */
  readonly text: () => Promise<string>;
  readonly contentType: string;
};

/** @param health of the workers now, or null while no model is loaded */
export function createMetrics(health: () => PoolHealth | null): Metrics {
  const registers = [new Registry()];
  const gauge = (name: string, help: string, value: (health: PoolHealth) => number) =>
    new Gauge({
      ...{ name, help, registers },
      collect() {
        const now = health();
        this.set(now ? value(now) : 0);
      },
    });
  gauge('pawl_workers', 'Processes that should run the model', ({ workers }) => workers);
  gauge('pawl_workers_usable', 'Processes that run the model now', ({ usable }) => usable);
  gauge('pawl_texts_waiting', 'Texts that wait for a process', ({ waiting }) => waiting);
  const lost = new Counter({
    name: 'pawl_workers_lost_total',
    help: 'Processes that ran the model and ended by themselves or were killed',
    labelNames: ['code'],
    registers,
  });
  const [registry] = registers as [Registry];
  return {
    lost: (code) => lost.inc({ code }),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
