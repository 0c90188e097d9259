import { describe } from '../../server/activate.ts';
import { createApp } from '../../server/app.ts';
import type { AppContext, Engine } from '../../server/context.ts';
import { Held } from '../../server/held.ts';
import { createMetrics } from '../../server/metrics.prometheus.ts';
import { Limits } from '../../server/options.ts';
import type { ServedModel } from '../../server/served.ts';
import { Swap } from '../../server/swap.ts';
import { Traffic } from '../../server/traffic.ts';
import { FakeRegistry } from './fake-registry.ts';
import { fakeProbability } from './fake-runtime.ts';
import { keptLog } from './recorded.ts';

export const BIAS = 0.5;

/** Answers like a fake model, without processes. */
export const fakeEngine = (over: Partial<Engine> = {}): Engine => ({
  health: { workers: 1, usable: 1, lost: 0, waiting: 0 },
  full: () => false,
  classify: async (texts) =>
    texts.map((text) => {
      const last = fakeProbability(BIAS, text);
      return new Float32Array([1 - last, last]);
    }),
  ...over,
});

export async function servedModel(over: Partial<ServedModel> = {}): Promise<ServedModel> {
  const registry = new FakeRegistry();
  registry.promote(3, { bias: BIAS });
  const proven = await registry.verify(registry.tip);
  if (!proven) throw new Error('the fake registry forgot');
  return { ...describe(proven, registry.tip, new Date('2026-01-02T03:04:05.678Z')), ...over };
}

/** The app around a fake engine (null: no model loaded), and everything a test may check. */
export async function testApp(
  engine: Engine | null = fakeEngine(),
  over: Partial<Omit<AppContext, 'limits'>> & { limits?: Partial<Limits>; model?: Partial<ServedModel> } = {},
) {
  const live = new Swap<Engine, ServedModel>(async () => {});
  if (engine) live.replace({ engine, facts: await servedModel(over.model) });
  const limits = Limits.parse(over.limits ?? {});
  const traffic = new Traffic(new Date(0));
  const metrics = createMetrics(() => engine?.health ?? null, traffic);
  const { log, lines } = keptLog();
  const app = createApp({
    name: 'sentiment',
    live,
    state: () => ({ desired: null, settled: null, lags: false, checkedAt: null, problem: null }),
    draining: () => false,
    traffic,
    metrics,
    held: new Held(limits.heldBytes),
    hooks: null,
    hosts: [],
    log,
    ...over,
    limits,
  });
  const post = (path: string, body: string | Uint8Array, headers: Record<string, string> = {}) =>
    app.request(path, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });
  return {
    app,
    live,
    traffic,
    metrics,
    lines,
    post,
    predict: (text: unknown) => post('/predict', JSON.stringify({ text })),
  };
}
