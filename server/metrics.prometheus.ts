import { Counter, Gauge, Registry } from 'prom-client';
import type { PoolHealth } from './inference/pool.ts';
import type { Traffic } from './traffic.ts';

/** What a server counts for monitoring. */
export type Metrics = {
  /** Counts a process that ran the model and ended by itself or was killed. @param code of the cause */
  readonly lost: (code: string) => void;
  /** All metrics, in Prometheus' text format. */
  readonly text: () => Promise<string>;
  readonly contentType: string;
};

/** @param health of the workers now, or null while no model is loaded */
export function createMetrics(health: () => PoolHealth | null, traffic: Pick<Traffic, 'totals'>): Metrics {
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
  new Counter({
    name: 'pawl_requests_total',
    help: 'Requests by the version that was in production and by outcome: answered, refused before a model saw them, or failed',
    labelNames: ['model', 'version', 'outcome'],
    registers,
    collect() {
      this.reset();
      for (const { model, requests, refused, failed } of traffic.totals())
        for (const [outcome, count] of Object.entries({ answered: requests, refused, failed }))
          this.inc({ model: model.name, version: String(model.version), outcome }, count);
    },
  });
  new Counter({
    name: 'pawl_texts_total',
    help: 'Texts that were answered, by predicted label',
    labelNames: ['model', 'version', 'label'],
    registers,
    collect() {
      this.reset();
      for (const { model, labels } of traffic.totals())
        for (const [label, count] of labels)
          this.inc({ model: model.name, version: String(model.version), label }, count);
    },
  });
  const [registry] = registers as [Registry];
  return {
    lost: (code) => lost.inc({ code }),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
