import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { StoreError } from '../../events/errors.ts';
import { MemoryStore } from '../../events/store.memory.ts';
import { SqliteStore } from '../../events/store.sqlite.ts';
import { ArtifactCorruptError } from '../../registry-repo/artifacts/errors.ts';
import { digestOf } from '../../registry-repo/digest.ts';
import type { ManifestFile } from '../../registry-repo/manifest.ts';
import { PRETENDED } from '../../registry-repo/runtime/processor.ts';
import { ShuttingDownError } from '../../server/inference/errors.ts';
import { fakeManifest } from '../support/fake-registry.ts';
import type { FakeModel } from '../support/fake-runtime.ts';
import { CRASH, fakeProbability } from '../support/fake-runtime.ts';
import { createHold } from '../support/hold.ts';
import { temporaryFolder } from '../support/paths.ts';
import { recorded } from '../support/recorded.ts';
import { rejects } from '../support/rejects.ts';
import { type Fixture, postJson, withServer } from '../support/server.ts';
import { until } from '../support/until.ts';

type Answer = { probabilities: { pos: number }; model: { version: number } };

async function ask(url: string, text: string) {
  const response = await postJson(`${url}/predict`, { text });
  const answer = (await response.json()) as Answer;
  return { status: response.status, headers: response.headers, answer };
}

const bias = (version: number) => 0.1 * version;
const types = async ({ store }: Fixture) => (await recorded(store)).map((e) => e.type);

const server = suite('server');
server.after.each(() => void delete process.env[PRETENDED]);

server('starts without a model, and answers as soon as one is promoted', () =>
  withServer(async (f) => {
    await f.server.poke();
    assert.is((await ask(f.server.url, 'x')).status, 503);
    const ready = f.server.ready();
    f.registry.promote(1);
    await f.server.poke();
    await ready;
    const { status, answer } = await ask(f.server.url, 'x');
    assert.equal([status, answer.model.version], [200, 1]);
    assert.is(f.server.state().follow.desired, f.registry.tip);
    await until(async () => (await types(f)).length === 1);
    const [activated] = await recorded(f.store);
    assert.ok(activated?.type === 'ModelActivated');
    assert.is(activated.data.registryCommit, f.registry.tip);
    assert.equal(activated.data.selfTest, { rows: 3, maxDifference: activated.data.selfTest.maxDifference });
  }),
);

server('reads only those files of a version that answering needs', () =>
  withServer(async ({ server: s, registry }) => {
    const [model] = fakeManifest({ bias: 0.1 }).files;
    const others = ['README.md', 'tokenizer.json', 'training-rows.bin', 'checkpoint'];
    const files = others.map((path) => ({ path, digest: digestOf(path), sizeBytes: 1 }));
    registry.promote(1, { bias: 0.1 }, { files: [model as ManifestFile, ...files] });
    await s.poke();
    await s.ready();
    assert.equal(registry.read, ['model.onnx', 'tokenizer.json']);
  }),
);

server('swaps under constant load: no request fails, and every answer is of the version its headers name', () =>
  withServer(
    async ({ server: s, registry, store }) => {
      const commits = new Map<string, number>();
      const promote = (version: number) => commits.set(registry.promote(version), version);
      promote(1);
      await s.poke();
      const manifests = new Map<string, Set<string>>();
      let [running, answered] = [true, 0];
      const client = async (name: number) => {
        for (let i = 0; running; i++) {
          const text = `${name} asks for the ${i}th time`;
          const { status, headers, answer } = await ask(s.url, text);
          assert.is(status, 200);
          const { version } = answer.model;
          assert.is(answer.probabilities.pos, fakeProbability(bias(version), text));
          assert.is(headers.get('pawl-model'), `sentiment/${version}`);
          assert.is(commits.get(headers.get('pawl-commit') as string), version);
          const digests = manifests.get(`${version}`) ?? new Set();
          manifests.set(`${version}`, digests.add(headers.get('pawl-manifest') as string));
          answered++;
        }
      };
      const clients = Promise.all(Array.from({ length: 40 }, (_, i) => client(i)));
      for (const version of [2, 3, 4, 2, 5]) {
        promote(version);
        await s.poke();
        assert.is(s.state().model?.version, version);
        await until(() => manifests.has(`${version}`));
      }
      running = false;
      await clients;
      assert.ok([...manifests.values()].every((digests) => digests.size === 1));
      await s.stop();
      const windows = (await recorded(store)).flatMap((e) => (e.type === 'TrafficObserved' ? [e.data] : []));
      const sum = (pick: (w: (typeof windows)[0]) => number) => windows.reduce((n, w) => n + pick(w), 0);
      assert.equal([sum((w) => w.requests), sum((w) => w.failed), sum((w) => w.refused)], [answered, 0, 0]);
    },
    { options: { workers: 2 } },
  ),
);

server('a request that began before a swap ends on the old version, in all its parts', () =>
  withServer(
    async ({ server: s, registry }) => {
      registry.promote(1);
      await s.poke();
      const hold = createHold();
      const texts = [hold.text, ...Array.from({ length: 20 }, (_, i) => `text ${i}`)];
      const before = postJson(`${s.url}/predict/batch`, { texts });
      await hold.held();
      registry.promote(2);
      await s.poke();
      assert.is((await ask(s.url, 'x')).answer.model.version, 2);
      hold.free();
      const answer = (await (await before).json()) as { predictions: Answer[]; model: unknown };
      assert.equal(answer.model, { name: 'sentiment', version: 1 });
      assert.equal(
        answer.predictions.map((p) => p.probabilities.pos),
        texts.map((text) => fakeProbability(bias(1), text)),
      );
    },
    { options: { batchCharacters: 50 } },
  ),
);

const bad: [string, string, (f: Fixture) => void][] = [
  [
    'cannot be proved',
    'verdict_missing',
    ({ registry }) => {
      registry.failures.verify = Object.assign(new Error('no signed verdict'), { code: 'verdict_missing' });
      registry.promote(2);
    },
  ],
  [
    'has other bytes than its digest says',
    'artifact_corrupt',
    ({ registry }) => {
      registry.failures.files = new ArtifactCorruptError('sha256:… is not what it should be');
      registry.promote(2);
    },
  ],
  ['cannot be loaded', 'model_unloadable', ({ registry }) => void registry.promote(2, { bias: 0.2, load: 'fail' })],
  ['kills its worker', 'worker_lost', ({ registry }) => void registry.promote(2, { bias: 0.2, load: 'crash' })],
  ['hangs its worker', 'worker_hung', ({ registry }) => void registry.promote(2, { bias: 0.2, load: 'hang' })],
  [
    'does not repeat its golden answers',
    'self_test_failed',
    ({ registry }) => {
      const golden = [{ text: 'x', probabilities: [0.5, 0.5] }];
      registry.promote(2, { bias: 0.2 }, { golden });
    },
  ],
  [
    'needs a processor with VNNI, which this one pretends to lack,',
    'processor_lacks_vnni',
    ({ registry }) => {
      process.env[PRETENDED] = 'avx2';
      registry.promote(2, { bias: 0.2 }, { processor: { vnni: 'needed' } });
    },
  ],
  [
    'fails on its golden texts',
    'model_failed',
    ({ registry }) => {
      const golden = [{ text: 'give nothing', probabilities: [0.5, 0.5] }];
      registry.promote(2, { bias: 0.2 }, { golden });
    },
  ],
];
const LOAD_MS = 2000;
for (const [what, code, promote] of bad)
  server(`a version that ${what} is refused once, and the old one goes on answering`, () =>
    withServer(
      async (f) => {
        f.registry.promote(1);
        await f.server.poke();
        const live = f.server.state().model;
        promote(f);
        for (let i = 0; i < (code === 'worker_hung' ? 1 : 3); i++) {
          const poked = f.server.poke();
          const { status, answer } = await ask(f.server.url, 'x');
          if (code === 'worker_hung') {
            await f.time.awaited(LOAD_MS);
            f.time.pass(LOAD_MS);
          }
          await poked;
          assert.equal([status, answer.model.version], [200, 1]);
        }
        const state = f.server.state();
        assert.equal([state.follow.lags, state.follow.problem?.code, state.model], [true, code, live]);
        assert.match(await (await fetch(f.server.url)).text(), 'is refused');
        assert.is((await fetch(`${f.server.url}/health/ready`)).status, 200);
        await f.server.stop();
        const events = await recorded(f.store);
        assert.equal(
          events.map((e) => e.type),
          ['ModelActivated', 'ModelActivationRefused', 'TrafficObserved'],
        );
        const refused = events[1];
        assert.ok(refused?.type === 'ModelActivationRefused');
        assert.is(refused.data.code, code);
        assert.is(refused.data.registryCommit, f.registry.tip);
        assert.equal(refused.data.kept, { version: 1, manifest: live?.manifest });
      },
      { options: { loadMs: LOAD_MS } },
    ),
  );

server('recovers by itself when what was refused has been put right', () =>
  withServer(
    async (f) => {
      f.registry.failures.files = new Error('the store is away');
      f.registry.promote(1);
      await until(() => f.server.state().follow.problem !== null);
      delete f.registry.failures.files;
      await f.server.ready();
      await until(() => f.server.state().follow.problem === null);
    },
    { options: { pollMs: 20 } },
  ),
);

server('a worker that dies is replaced, and only its own request fails', () =>
  withServer(async ({ server: s, registry, lines }) => {
    registry.promote(1);
    await s.poke();
    const [crashed] = await Promise.all([ask(s.url, CRASH)]);
    assert.equal([crashed.status, (crashed.answer as unknown as { code: string }).code], [500, 'worker_lost']);
    assert.is((await ask(s.url, 'x')).status, 200);
    assert.is(s.state().workers?.usable, 1);
    assert.not.match(lines.join(''), CRASH);
  }),
);

server('commits about other things are proved and shown, and change nothing else', () =>
  withServer(async (f) => {
    f.registry.promote(1);
    await f.server.poke();
    const { since } = f.server.state().model ?? {};
    f.registry.touch();
    await f.server.poke();
    const { headers } = await ask(f.server.url, 'x');
    assert.is(headers.get('pawl-commit'), f.registry.tip);
    assert.is(f.server.state().model?.since, since);
    assert.is(f.registry.calls.files, 1);
    await f.server.stop();
    assert.equal(await types(f), ['ModelActivated', 'TrafficObserved']);
  }),
);

server('a version that is revoked answers no more', () =>
  withServer(async (f) => {
    f.registry.promote(1);
    await f.server.poke();
    f.registry.revocations.push(f.server.state().model?.manifest as string);
    f.registry.failures.verify = Object.assign(new Error('revoked by gate.json'), { code: 'version_revoked' });
    f.registry.touch();
    await f.server.poke();
    assert.is((await ask(f.server.url, 'x')).status, 503);
    assert.match(await (await fetch(`${f.server.url}/health/ready`)).text(), 'version_revoked');
    delete f.registry.failures.verify;
    f.registry.promote(2);
    await f.server.poke();
    assert.is((await ask(f.server.url, 'x')).status, 200);
    await f.server.stop();
    const refused = (await recorded(f.store))[1];
    assert.ok(refused?.type === 'ModelActivationRefused');
    assert.equal([refused.data.code, refused.data.kept], ['version_revoked', null]);
  }),
);

server('writes traffic at the end of each window that had any', () =>
  withServer(
    async (f) => {
      f.registry.promote(1);
      await f.server.poke();
      await sleep(80);
      await postJson(`${f.server.url}/predict/batch`, { texts: ['SECRET 1', 'SECRET 2'] });
      await until(async () => (await types(f)).includes('TrafficObserved'));
      await postJson(`${f.server.url}/predict`, { text: '' });
      await until(async () => (await types(f)).length === 3);
      const windows = (await recorded(f.store)).flatMap((e) => (e.type === 'TrafficObserved' ? [e.data] : []));
      assert.equal(
        windows.map(({ requests, texts, refused }) => ({ requests, texts, refused })),
        [
          { requests: 1, texts: 2, refused: 0 },
          { requests: 0, texts: 0, refused: 1 },
        ],
      );
      const stored = JSON.stringify(await f.store.readAll());
      assert.not.match(stored + f.lines.join(''), 'SECRET');
    },
    { options: { trafficWindowMs: 30 } },
  ),
);

/** A store that is away until told otherwise. */
class AwayStore extends MemoryStore {
  away = true;
  override async append(...args: Parameters<MemoryStore['append']>): ReturnType<MemoryStore['append']> {
    if (this.away) throw new StoreError('the disk is full');
    return super.append(...args);
  }
}

server('an event store that is away stops nothing, and gets everything when it is back', async () => {
  const store = new AwayStore();
  await withServer(
    async (f) => {
      for (const version of [1, 2]) {
        f.registry.promote(version);
        await f.server.poke();
        assert.is((await ask(f.server.url, 'x')).answer.model.version, version);
      }
      store.away = false;
      await until(async () => (await types(f)).length >= 2);
      await f.server.stop();
      assert.equal(await types(f), ['ModelActivated', 'ModelActivated', 'TrafficObserved', 'TrafficObserved']);
    },
    { world: { store } },
  );
});

server('two servers with one name share its stream', async () => {
  const file = `${temporaryFolder()}/events.db`;
  const stores = [new SqliteStore(file), new SqliteStore(file)] as const;
  await withServer(
    (one) =>
      withServer(
        async (two) => {
          for (const version of [1, 2, 3])
            await Promise.all(
              [one, two].map(async ({ server: s, registry }) => {
                registry.promote(version);
                await s.poke();
              }),
            );
          await Promise.all([one.server.stop(), two.server.stop()]);
          assert.equal(await types(one), Array(6).fill('ModelActivated'));
        },
        { world: { store: stores[1] } },
      ),
    { world: { store: stores[0] } },
  );
  await Promise.all(stores.map((store) => store.close()));
});

server('stopping before the first model, or while one is loading, leaves nothing behind', async () => {
  await withServer(async ({ server: s }) => {
    const ready = rejects(s.ready(), ShuttingDownError);
    await s.stop();
    await ready;
  });
  await withServer(async ({ server: s, registry, store }) => {
    await s.poke();
    const slow: FakeModel = { bias: 0.1 };
    registry.promote(1, slow);
    const poked = s.poke();
    await until(() => registry.calls.files > 0);
    await s.stop();
    await poked;
    assert.is(s.state().model, null);
    assert.equal(await recorded(store), []);
  });
});

server.run();
