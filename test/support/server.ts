import { MemoryStore } from '../../events/store.memory.ts';
import type { EventStore } from '../../events/store.ts';
import { type RunningServer, type ServerWorld, startServer } from '../../server/main.ts';
import { ServerOptions } from '../../server/options.ts';
import { TEST_BOUNDS } from './bounds.ts';
import { FakeRegistry } from './fake-registry.ts';
import { FAKE_CHILD } from './fake-runtime.ts';
import { ManualTime } from './manual-time.ts';
import { keptLog } from './recorded.ts';
import { MemorySettled } from './settled.ts';
import { PATIENCE_MS } from './until.ts';

/**
 * Options for tests: any free port, no output, polls only on request, and limits that a busy machine does not reach.
 */
export const testOptions = (over: Record<string, unknown> = {}): ServerOptions =>
  ServerOptions.parse({
    ...{
      port: 0,
      logLevel: 'silent',
      pollMs: 3_600_000,
      headersMs: PATIENCE_MS,
      bodyMs: PATIENCE_MS,
      shutdownMs: PATIENCE_MS,
    },
    ...over,
  });

export type Fixture = {
  server: RunningServer;
  registry: FakeRegistry;
  store: EventStore;
  lines: string[];
  /** The clock of the limits of predictions and workers. */
  time: ManualTime;
};

/** Runs a test against a server of a fake registry, and stops it whatever happens. */
export async function withServer(
  test: (fixture: Fixture) => Promise<void>,
  { options = {}, world = {}, registry = new FakeRegistry() } = {} as {
    options?: Record<string, unknown>;
    world?: Partial<Omit<ServerWorld, 'bounds'>>;
    registry?: FakeRegistry;
  },
): Promise<void> {
  const store = world.store ?? new MemoryStore();
  const { log, lines } = keptLog();
  const time = new ManualTime();
  const server = await startServer(testOptions(options), {
    model: 'sentiment',
    registry,
    store,
    log,
    settled: new MemorySettled(),
    worker: FAKE_CHILD,
    bounds: TEST_BOUNDS,
    later: time.later,
    ...world,
  });
  try {
    await test({ server, registry, store, lines, time });
  } finally {
    await server.stop();
  }
}

export const postJson = (url: string, body: unknown, init: RequestInit = {}): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...init,
  });
