import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Coalesced } from '../../../pipeline/triggers/coalesced.ts';
import { until } from '../../support/until.ts';

/** Work that ends when it is told to. */
function held() {
  const ends: (() => void)[] = [];
  const fails: ((error: Error) => void)[] = [];
  const work = () =>
    new Promise<void>((resolve, reject) => {
      ends.push(resolve);
      fails.push(reject);
    });
  return {
    work,
    begun: () => ends.length,
    end: (i: number) => ends[i]?.(),
    fail: (i: number, e: Error) => fails[i]?.(e),
  };
}

const coalesced = suite('coalesced work');

coalesced('a thousand hints while it runs lead to one more run', async () => {
  const { work, begun, end } = held();
  const hints = new Coalesced(work, () => {});
  for (let i = 0; i < 1000; i++) hints.hint();
  await until(() => begun() === 1);
  for (let i = 0; i < 1000; i++) hints.hint();
  end(0);
  await until(() => begun() === 2);
  end(1);
  await hints.stop();
  assert.is(begun(), 2);
});

coalesced('a failure is told, and the next hint tries again', async () => {
  const { work, begun, end, fail } = held();
  const failures: unknown[] = [];
  const hints = new Coalesced(work, (error) => failures.push(error));
  hints.hint();
  await until(() => begun() === 1);
  const error = new Error('no network');
  fail(0, error);
  await until(() => failures.length === 1);
  hints.hint();
  await until(() => begun() === 2);
  end(1);
  await hints.stop();
  assert.equal(failures, [error]);
});

coalesced('stopped, it ends what runs and begins nothing', async () => {
  const { work, begun, end } = held();
  const hints = new Coalesced(work, () => {});
  hints.hint();
  await until(() => begun() === 1);
  hints.hint();
  const stopped = hints.stop();
  end(0);
  await stopped;
  hints.hint();
  await hints.stop();
  assert.is(begun(), 1);
});

coalesced.run();
