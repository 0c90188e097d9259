import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { WorkerLostError } from '../../registry-repo/model-process/errors.ts';
import { clientBehind } from '../../server/client.ts';
import { BatchQueue } from '../../server/inference/batch.ts';
import {
  DeadlineExceededError,
  OverloadedError,
  QueueFullError,
  RequestAbortedError,
} from '../../server/inference/errors.ts';
import { ManualTime } from '../support/manual-time.ts';
import { rejects } from '../support/rejects.ts';

const limits = { queueTexts: 10, batchCharacters: 1000, deadlineMs: 500, later: new ManualTime().later };
const row = (text: string) => new Float32Array([text.length, text.charCodeAt(0)]);
const answer = (batch: ReturnType<BatchQueue['take']>) => {
  for (const { job, index, text } of batch) job.answer(index, row(text));
};
/** Asks without caring for the answer. */
const ask = (queue: BatchQueue, texts: string[]): void => void queue.submit(texts).catch(() => {});
const texts = (batch: ReturnType<BatchQueue['take']>) => batch.map((item) => item.text);

const queue = suite('batch queue');

queue('gives what waits, as much as the budget allows, and at least one text', async () => {
  const small = new BatchQueue({ ...limits, batchCharacters: 100 });
  const [long, a, b, c] = ['x'.repeat(5000), 'a', 'b', 'c'];
  const promises = [small.submit([long]), small.submit([a]), small.submit([b]), small.submit([c])];
  const batches = [small.take(), small.take(), small.take()];
  assert.equal(batches.map(texts), [[long], [a, b, c], []]);
  for (const batch of batches) answer(batch);
  assert.equal(await Promise.all(promises), [[row(long)], [row(a)], [row(b)], [row(c)]]);
});

queue('gives no more texts than asked for, so that workers can share them', () => {
  const shared = new BatchQueue(limits);
  ask(shared, ['a', 'b', 'c']);
  assert.equal([texts(shared.take(2)), texts(shared.take(2))], [['a', 'b'], ['c']]);
});

queue('lets requests take turns, so that a large one does not hold up small ones', () => {
  const fair = new BatchQueue({ ...limits, batchCharacters: 3 * 33 });
  ask(fair, ['1', '2', '3', '4', '5']);
  ask(fair, ['a']);
  ask(fair, ['b']);
  assert.equal(texts(fair.take()), ['1', 'a', 'b']);
  assert.equal(texts(fair.take()), ['2', '3', '4']);
});

queue('refuses what goes beyond its length, but takes any one request when it is empty', async () => {
  const full = new BatchQueue(limits);
  ask(full, Array<string>(25).fill('x'));
  assert.is(full.waiting, 25);
  await rejects(full.submit(['one more']), QueueFullError);
  full.take();
  assert.is(full.waiting, 0);
  ask(full, ['x']);
  await rejects(full.submit(Array<string>(10).fill('x')), QueueFullError);
  ask(full, Array<string>(9).fill('x'));
});

queue('gives up at the deadline: overload if its turn had not come, else too slow', async () => {
  const time = new ManualTime();
  const slow = new BatchQueue({ ...limits, later: time.later });
  const [never, started] = [slow.submit(['never']), slow.submit(['a', 'b'])];
  slow.fail(slow.take()[0] as never, new WorkerLostError('first leaves'));
  await rejects(never, WorkerLostError);
  time.pass(limits.deadlineMs);
  await rejects(started, DeadlineExceededError);
  const waits = slow.submit(['waits']);
  time.pass(limits.deadlineMs - 1);
  assert.is(slow.waiting, 1);
  time.pass(1);
  await rejects(waits, OverloadedError);
  assert.is(slow.waiting, 0);
});

queue('forgets what was aborted, before and after it got there', async () => {
  const waiting = new BatchQueue(limits);
  const controller = new AbortController();
  const aborted = waiting.submit(['a', 'b'], clientBehind(controller.signal));
  const other = waiting.submit(['c']);
  controller.abort();
  await rejects(aborted, RequestAbortedError);
  await rejects(waiting.submit(['d'], clientBehind(controller.signal)), RequestAbortedError);
  const batch = waiting.take();
  assert.equal(texts(batch), ['c']);
  answer(batch);
  assert.equal(await other, [row('c')]);
});

queue('an answer that comes after the end changes nothing', async () => {
  const late = new BatchQueue(limits);
  const promise = late.submit(['a', 'b']);
  const batch = late.take();
  late.failAll(new WorkerLostError('nothing waits any more'));
  late.fail(batch[0] as never, new WorkerLostError('gone'));
  answer(batch);
  await rejects(promise, WorkerLostError);
});

queue('answers every text of every request once, in order, whatever the batches', async () => {
  const requests = fc.array(fc.array(fc.string({ minLength: 1, maxLength: 60 }), { maxLength: 6 }), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(requests, fc.integer({ min: 1, max: 300 }), async (asked, batchCharacters) => {
      const any = new BatchQueue({ ...limits, queueTexts: 1000, batchCharacters });
      const promises = asked.map((request) => any.submit(request));
      let taken = 0;
      for (let batch = any.take(); batch.length > 0; batch = any.take()) {
        taken += batch.length;
        answer(batch.reverse());
      }
      assert.is(taken, asked.flat().length);
      assert.equal(
        await Promise.all(promises),
        asked.map((request) => request.map(row)),
      );
    }),
    { numRuns: 100 },
  );
});

queue.run();
