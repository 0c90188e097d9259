import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  ModelFailedError,
  ModelUnloadableError,
  WorkerHungError,
  WorkerLostError,
} from '../../registry-repo/model-process/errors.ts';
import { SelfTestFailedError, ShuttingDownError, TextCrashesModelError } from '../../server/inference/errors.ts';
import { Pool, type PoolModel, type PoolOptions, type Trouble } from '../../server/inference/pool.ts';
import { selfTest } from '../../server/self-test.ts';
import { TEST_BOUNDS } from '../support/bounds.ts';
import { fakeManifest } from '../support/fake-registry.ts';
import { CRASH, FAKE_CHILD, type FakeModel, fakeProbability, NAN } from '../support/fake-runtime.ts';
import { createHold } from '../support/hold.ts';
import { ManualTime } from '../support/manual-time.ts';
import { rejects } from '../support/rejects.ts';
import { until } from '../support/until.ts';

const usual: PoolOptions = {
  workers: 1,
  threads: 1,
  queueTexts: 1000,
  batchCharacters: 16_384,
  deadlineMs: 20_000,
  hungMs: 20_000,
  loadMs: 20_000,
  later: new ManualTime().later,
  entry: FAKE_CHILD,
  bounds: TEST_BOUNDS,
};

const fake = (model: FakeModel, over: Partial<PoolModel> = {}): PoolModel => ({
  manifest: fakeManifest(model),
  files: async () => new Map([['model.onnx', Buffer.from(JSON.stringify(model))]]),
  check: async (classify) => void (await selfTest(fakeManifest(model), classify)),
  ...over,
});

/** A pool for one test, and the troubles it reported. */
async function withPool(
  test: (pool: Pool, troubles: Trouble[], time: ManualTime) => Promise<void>,
  options: Partial<PoolOptions> = {},
  model: FakeModel = { bias: 0.5 },
): Promise<void> {
  const troubles: Trouble[] = [];
  const time = new ManualTime();
  const all = { ...usual, later: time.later, ...options };
  const pool = await Pool.start(fake(model), all, (trouble) => troubles.push(trouble));
  try {
    await test(pool, troubles, time);
  } finally {
    await pool.release();
  }
}

const last = (rows: readonly Float32Array[]) => rows.map((row) => row[1]);
const expected = (texts: readonly string[], bias = 0.5) => texts.map((text) => fakeProbability(bias, text));

const pool = suite('inference pool');

for (const workers of [1, 3])
  pool(`gives each of many requests its own answers, with ${workers} workers`, () =>
    withPool(
      async (p) => {
        const requests = Array.from({ length: 200 }, (_, i) =>
          Array.from({ length: 1 + (i % 5) }, (_, k) => `${i}/${k}`),
        );
        const answers = await Promise.all(requests.map((texts) => p.classify(texts)));
        assert.equal(
          answers.map(last),
          requests.map((texts) => expected(texts)),
        );
      },
      { workers, batchCharacters: 500 },
    ),
  );

pool('idle workers share texts that arrive together', () =>
  withPool(
    async (p) => {
      const holds = [createHold(), createHold()];
      const rows = p.classify(holds.map(({ text }) => text));
      await Promise.all(holds.map(({ held }) => held())); // both at once: no worker has both
      for (const { free } of holds) free();
      assert.equal(last(await rows), expected(holds.map(({ text }) => text)));
    },
    { workers: 2 },
  ),
);

pool('a text without an answer fails its own request alone', () =>
  withPool(async (p, troubles) => {
    const hold = createHold();
    const busy = p.classify([hold.text]);
    await hold.held();
    const requests = ['a', NAN, 'b'].map((text) => p.classify([text]));
    assert.is(p.health.waiting, 3);
    hold.free();
    const [a, bad, b] = await Promise.allSettled(requests);
    await busy;
    assert.equal(a?.status === 'fulfilled' && last(a.value), expected(['a']));
    assert.equal(b?.status === 'fulfilled' && last(b.value), expected(['b']));
    assert.ok(bad?.status === 'rejected' && bad.reason instanceof ModelFailedError);
    assert.not.match(bad.reason.message, NAN, 'the text is not repeated');
    assert.equal(troubles, []);
  }),
);

pool('a worker that crashes is replaced, and only its own requests fail', () =>
  withPool(async (p, troubles) => {
    await rejects(p.classify([CRASH]), WorkerLostError);
    assert.equal(last(await p.classify(['after'])), expected(['after']));
    assert.equal(p.health, { workers: 1, usable: 1, lost: 1, waiting: 0 });
    assert.is(troubles.length, 1);
  }),
);

pool('a worker that hangs is killed and replaced', () =>
  withPool(
    async (p, troubles, time) => {
      const hold = createHold();
      const hung = rejects(p.classify([hold.text]), WorkerHungError);
      await hold.held();
      const waiting = p.classify(['waits']);
      time.pass(1000);
      await hung;
      assert.equal(last(await waiting), expected(['waits']));
      assert.equal(p.health, { workers: 1, usable: 1, lost: 1, waiting: 0 });
      assert.equal(
        troubles.map(({ lost, error }) => [lost, error.code]),
        [[true, 'worker_hung']],
      );
    },
    { hungMs: 1000 },
  ),
);

pool('a text that ended two workers is not tried a third time, and its neighbours are', () =>
  withPool(async (p) => {
    const together = async (texts: readonly string[]) => {
      const hold = createHold();
      const busy = p.classify([hold.text]);
      await hold.held();
      const requests = texts.map((text) => p.classify([text]));
      hold.free();
      await busy;
      const settled = await Promise.allSettled(requests);
      return settled.map((one) => (one.status === 'fulfilled' ? 'answered' : one.reason.code));
    };
    assert.equal(await together(['a', CRASH, 'b']), ['worker_lost', 'worker_lost', 'worker_lost']);
    assert.equal(await together(['a', CRASH, 'b']), ['answered', 'worker_lost', 'answered']);
    const lost = p.health.lost;
    assert.equal(await together(['a', CRASH, 'b']), ['answered', 'text_crashes_model', 'answered']);
    await rejects(p.classify([CRASH]), TextCrashesModelError);
    assert.is(p.health.lost, lost);
  }),
);

pool('reads the files again for a replacement, and keeps trying while it cannot', async () => {
  const failures = [new Error('away'), new Error('still away')];
  let reads = 0;
  const model = fake({ bias: 0.2 });
  const files: PoolModel['files'] = async () => {
    if (reads++ > 0) {
      const failure = failures.shift();
      if (failure) throw failure;
    }
    return model.files();
  };
  const troubles: string[] = [];
  const p = await Pool.start({ ...model, files }, usual, ({ error }) => troubles.push(error.message));
  await rejects(p.classify([CRASH]), WorkerLostError);
  const back = p.classify(['back']);
  await until(() => reads === 4 && p.health.usable === 1);
  assert.equal(last(await back), expected(['back'], 0.2));
  assert.is(reads, 4);
  assert.equal(troubles.slice(1), ['away', 'still away']);
  await p.release();
});

pool('does not start with a model that cannot be loaded, crashes, hangs, or fails its check', async () => {
  const start = (model: FakeModel, options = {}, over = {}) =>
    Pool.start(fake(model, over), { ...usual, workers: 2, ...options }, () => assert.unreachable());
  const unloadable = await rejects(start({ bias: 0, load: 'fail' }), ModelUnloadableError);
  assert.match(unloadable.message, 'model_refused');
  await rejects(start({ bias: 0, load: 'crash' }), WorkerLostError);
  const time = new ManualTime();
  const hung = rejects(start({ bias: 0, load: 'hang' }, { loadMs: 1000, later: time.later }), WorkerHungError);
  await until(() => time.waiting(1000) === 2);
  time.pass(1000);
  await hung;
  const check: PoolModel['check'] = async (classify) => void (await selfTest(fakeManifest({ bias: 0.31 }), classify));
  await rejects(start({ bias: 0.3 }, {}, { check }), SelfTestFailedError);
  const missing = await rejects(start({ bias: 0 }, {}, { files: async () => new Map() }), ModelUnloadableError);
  assert.match(missing.message, 'lists no model.onnx');
});

pool('a start that fails for one worker ends the others', async () => {
  const children = () => process.getActiveResourcesInfo().filter((resource) => resource === 'ProcessWrap').length;
  await until(() => children() === 0); // those of other tests
  let checks = 0;
  const check: PoolModel['check'] = async () => {
    if (++checks === 2) throw new Error('the second is not as it should be');
  };
  await rejects(
    Pool.start(fake({ bias: 0.3 }, { check }), { ...usual, workers: 2 }, () => assert.unreachable()),
    Error,
  );
  await until(() => children() === 0);
});

pool('release lets a running batch end, fails what waits, and takes nothing new', async () => {
  const p = await Pool.start(fake({ bias: 0.5 }), usual, () => assert.unreachable());
  const hold = createHold();
  const running = p.classify([hold.text]);
  await hold.held();
  const waiting = p.classify(['waits']);
  const failed = rejects(waiting, ShuttingDownError);
  const released = p.release();
  await rejects(p.classify(['new']), ShuttingDownError);
  await failed;
  hold.free();
  assert.equal(last(await running), expected([hold.text]));
  await Promise.all([released, p.release()]);
  assert.is(p.health.usable, 0);
});

pool.run();
