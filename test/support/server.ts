import { MemoryStore } from '../../events/store.memory.ts';
import type { EventStore } from '../../events/store.ts';
import { type RunningServer, type ServerWorld, startServer } from '../../server/main.ts';
import { ServerOptions } from '../../server/options.ts';
import { FakeRegistry } from './fake-registry.ts';
import { FAKE_WORKER } from './fake-runtime.ts';
import { keptLog } from './recorded.ts';

/** Options for tests: any free port, nothing printed, polls only when poked. */
export const testOptions = (over: Record<string, unknown> = {}): ServerOptions =>
  ServerOptions.parse({ port: 0, logLevel: 'silent', pollMs: 3_600_000, ...over });

export type Fixture = { server: RunningServer; registry: FakeRegistry; store: EventStore; lines: string[] };

/** Runs a test against a server of a fake registry, and stops it whatever happens. */
export async function withServer(
  test: (fixture: Fixture) => Promise<void>,
  { options = {}, world = {}, registry = new FakeRegistry() } = {} as {
    options?: Record<string, unknown>;
    world?: Partial<ServerWorld>;
    registry?: FakeRegistry;
  },
): Promise<void> {
  const store = world.store ?? new MemoryStore();
  const { log, lines } = keptLog();
  const server = await startServer(testOptions(options), {
    model: 'sentiment',
    registry,
    store,
    log,
    worker: FAKE_WORKER,
    ...world,
  });
  try {
    await test({ server, registry, store, lines });
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
