import { MemoryStore } from '../../events/store.memory.ts';
import { type RunningServer, type ServerWorld, startServer } from '../../server/main.ts';
import { gitRegistry } from '../../server/registry.git.ts';
import { TEST_BOUNDS } from './bounds.ts';
import { keptLog } from './recorded.ts';
import { MODEL, type TestRegistry, TIME } from './registry.ts';
import { testOptions } from './server.ts';
import { MemorySettled } from './settled.ts';

/** The program for models of `models.ts`. */
export const TINY_CHILD = new URL('./tiny-child.js', import.meta.url);

type Over = Partial<Pick<ServerWorld, 'settled' | 'worker' | 'bounds'>> & {
  readonly keys?: TestRegistry['policy']['keys'];
};

/** Runs a server that follows a real registry, and stops it whatever happens. */
export async function serveRegistry<T>(
  test: TestRegistry,
  run: (server: RunningServer, store: MemoryStore) => Promise<T>,
  { keys = test.policy.keys, ...over }: Over = {},
): Promise<T> {
  const store = new MemoryStore();
  const registry = gitRegistry({
    git: test.git,
    sync: () => test.main(),
    artifacts: test.artifacts,
    model: MODEL,
    keys,
    clock: () => TIME,
  });
  const usual = {
    model: MODEL,
    registry,
    store,
    log: keptLog().log,
    settled: new MemorySettled(),
    bounds: TEST_BOUNDS,
  };
  const server = await startServer(testOptions(), { ...usual, ...over });
  try {
    return await run(server, store);
  } finally {
    await server.stop();
  }
}
