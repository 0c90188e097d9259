import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ModelRefusedError } from '../../registry-repo/errors.ts';
import { ModelFailedError, WorkerHungError, WorkerLostError } from '../../registry-repo/model-process/errors.ts';
import { openModelWith } from '../../registry-repo/model-process/open-model.ts';
import { Pool, type PoolOptions } from '../../server/inference/pool.ts';
import { dividing, hungry, inShort, slow } from '../support/crafted.ts';
import { ManualTime } from '../support/manual-time.ts';
import { CONTRACT, LABELS } from '../support/models.ts';
import { candidateOf, TestRegistry } from '../support/registry.ts';
import { rejects } from '../support/rejects.ts';
import { until } from '../support/until.ts';

// What a graph does to the process that runs it. `tiny-child` runs it in ONNX Runtime, without the scan that would refuse it.

const entry = new URL('../support/tiny-child.js', import.meta.url);
const preprocessor = {
  kind: 'hashed-ngrams',
  tokens: 'words-1',
  bits: 8,
  zones: [{ from: 0, to: 1, order: 1 }],
} as const;
const manifest = {
  labels: LABELS,
  contract: CONTRACT,
  preprocessor: { ...preprocessor, zones: [...preprocessor.zones] },
};
const filesOf = (bytes: Uint8Array) => new Map([['model.onnx', bytes]]);
const bounds = { megabytes: 500 };

const options: PoolOptions = {
  ...{ workers: 1, threads: 1, queueTexts: 1000, batchCharacters: 16_384, entry, bounds },
  ...{ deadlineMs: 20_000, hungMs: 1000, loadMs: 20_000, later: new ManualTime().later },
};

/** A pool that serves such a graph, without a self-test. */
const serving = (bytes: Uint8Array, over: Partial<PoolOptions> = {}) =>
  Pool.start({ manifest, files: async () => filesOf(bytes), check: async () => {} }, { ...options, ...over }, () => {});

const opened = (bytes: Uint8Array, later = new ManualTime().later, bounds = { megabytes: 500 }) =>
  openModelWith({ bounds, seconds: 100, entry, later })({ manifest, files: filesOf(bytes) });

const codes = async (pool: Pool, ...texts: string[]) => {
  const answers = await Promise.allSettled(texts.map((text) => pool.classify([text])));
  return answers.map((answer) => (answer.status === 'fulfilled' ? 'answered' : answer.reason.code));
};

const attacks = suite('attacks on the process that runs a model');

attacks('attack 68: a fault of the processor ends the requests in hand, and nothing else', async () => {
  const pool = await serving(dividing());
  try {
    assert.equal(await codes(pool, 'good1'), ['answered']);
    assert.equal(await codes(pool, 'the good9 film'), ['worker_lost']);
    assert.equal(await codes(pool, 'good1'), ['answered']);
    assert.equal(await codes(pool, 'the good9 film'), ['worker_lost']);
    assert.equal(await codes(pool, 'the good9 film'), ['text_crashes_model']);
    assert.equal(await codes(pool, 'good1', 'bad1'), ['answered', 'answered']);
    assert.is(pool.health.lost, 2);
  } finally {
    await pool.release();
  }
  const model = await opened(dividing());
  await rejects(model.classify(['good9']), WorkerLostError);
  await model.release();
});

attacks('attack 68: the gate does not let such a graph run', async () => {
  const test = await TestRegistry.create();
  const head = await test.propose(candidateOf(9, { onnx: dividing() }), { version: 1 });
  assert.equal(inShort((await test.gate(head)).judgement), ['fail', 'integer-division']);
});

attacks('attack 69: a graph that eats memory gets no more than it may, whoever runs it', async () => {
  const model = await opened(hungry());
  try {
    // Where the memory is refused depends on Node's version: as an exception of the runtime, or as the end of the process.
    const error = (await model.classify(['good1']).catch((error: Error) => error)) as Error;
    assert.ok(
      [WorkerLostError, ModelFailedError, ModelRefusedError].some((kind) => error instanceof kind),
      error.message,
    );
    assert.match(error.message, /memory/);
  } finally {
    await model.release();
  }
  const pool = await serving(hungry());
  try {
    const [code] = await codes(pool, 'good1');
    assert.ok(code === 'worker_lost' || code === 'model_failed', code);
    await until(() => pool.health.usable === 1);
  } finally {
    await pool.release();
  }
});

/** It shall hang, and not eat. */
const roomy = { megabytes: 4000 };

attacks('attack 70: a graph that hangs is killed, and the server is ready again', async () => {
  const time = new ManualTime();
  const pool = await serving(slow(500), { later: time.later, bounds: roomy });
  try {
    const answer = codes(pool, 'good1');
    await time.awaited(1000);
    time.pass(1000);
    assert.equal(await answer, ['worker_hung']);
    await until(() => pool.health.usable === 1);
    assert.equal(pool.health, { workers: 1, usable: 1, lost: 1, waiting: 0 });
  } finally {
    await pool.release();
  }
  const model = await opened(slow(500), time.later, roomy);
  const answer = rejects(model.classify(['good1']), WorkerHungError);
  await time.awaited(100_000);
  time.pass(100_000);
  await answer;
  await model.release();
  const children = () => process.getActiveResourcesInfo().filter((resource) => resource === 'ProcessWrap').length;
  await until(() => children() === 0);
});

attacks.run();
