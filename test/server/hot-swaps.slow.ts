import { readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { pino } from 'pino';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MemoryStore } from '../../events/store.memory.ts';
import { digestOf } from '../../registry-repo/digest.ts';
import { printFile } from '../../registry-repo/file.ts';
import { startServer } from '../../server/main.ts';
import type { ProvenVersion, Registry } from '../../server/registry.ts';
import { TEST_BOUNDS } from '../support/bounds.ts';
import { recorded } from '../support/recorded.ts';
import { candidateOf, MODEL } from '../support/registry.ts';
import { postJson, testOptions } from '../support/server.ts';
import { MemorySettled } from '../support/settled.ts';

const SWAPS = 200;
/** What a process needs to reach its usual size. */
const WARM_UP = 60;
const GROWTH_MB = 40;

/** A registry that has another version at every look. */
function restlessRegistry(): Registry & { tip: number } {
  const registry = {
    tip: 0,
    sync: async () => (++registry.tip).toString(16).padStart(40, '0'),
    isOnLine: async () => true,
    revoked: async () => [],
    verify: async (commit: string): Promise<ProvenVersion> => {
      const version = Number.parseInt(commit, 16);
      const { manifest, files } = candidateOf(1 + (version % 10));
      return {
        version,
        manifest,
        manifestDigest: digestOf(printFile(manifest)),
        verdict: digestOf(commit),
        promotion: { id: '0000000000p1', class: 'promotion', pullRequest: version, commit },
        measured: null,
        files: async () => files,
      };
    },
  };
  return registry;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What must not grow: memory, threads, open files, things that keep the process alive. */
const usage = () => ({
  rssMB: Math.round(process.memoryUsage().rss / 1e6),
  threads: process.platform === 'linux' ? readdirSync('/proc/self/task').length : 0,
  files: process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0,
  ports: process.getActiveResourcesInfo().filter((resource) => resource === 'MessagePort').length,
});

const swaps = suite('hot swaps');

swaps(`${SWAPS} of them under load leave nothing behind, and no request fails`, async () => {
  const store = new MemoryStore();
  const world = {
    model: MODEL,
    registry: restlessRegistry(),
    store,
    settled: new MemorySettled(),
    log: pino({ level: 'silent' }),
  };
  const worker = new URL('../support/tiny-child.js', import.meta.url);
  const server = await startServer(testOptions(), { ...world, worker, bounds: TEST_BOUNDS });
  await server.ready();
  let [running, answered] = [true, 0];
  const clients = Array.from({ length: 8 }, async () => {
    while (running) {
      const response = await postJson(`${server.url}/predict`, { text: 'a good3 film' });
      assert.is(response.status, 200, await response.clone().text());
      await response.arrayBuffer();
      answered++;
    }
  });
  const seen: ReturnType<typeof usage>[] = [];
  for (let i = 0; i < SWAPS; i++) {
    await server.poke();
    if (i % 10 === 9) collectGarbage();
    seen.push(usage());
  }
  running = false;
  await Promise.all(clients);
  await server.stop();
  const events = await recorded(store);
  assert.is(events.filter((e) => e.type === 'ModelActivated').length, SWAPS + 1);
  assert.is(events.filter((e) => e.type === 'ModelActivationRefused').length, 0);

  const most = (part: typeof seen, pick: (u: ReturnType<typeof usage>) => number) => Math.max(...part.map(pick));
  const [early, late] = [seen.slice(WARM_UP / 2, WARM_UP), seen.slice(-WARM_UP / 2)];
  const rows = (['rssMB', 'threads', 'files', 'ports'] as const).map((key) => ({
    key,
    early: most(early, (u) => u[key]),
    late: most(late, (u) => u[key]),
  }));
  process.stdout.write(`${SWAPS} swaps, ${answered} answers: ${JSON.stringify(rows)}\n`);
  for (const { key, early: before, late: after } of rows)
    assert.ok(after - before <= (key === 'rssMB' ? GROWTH_MB : 4), `${key}: ${before}, then ${after}`);
  assert.is(usage().ports, 0, 'no worker is left');
});

swaps.run();
