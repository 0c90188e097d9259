import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ForgeError } from '../../../pipeline/forge/errors.ts';
import type { PullRequest } from '../../../pipeline/forge/forge.ts';
import type { Published } from '../../../pipeline/promotion/publish.ts';
import { RETRY_MS, watchGate } from '../../../pipeline/promotion/watch-gate.ts';

const gate = suite('a gate that watches');

const id = (digit: number) => String(digit).repeat(40);

/** A forge with one pull request, and a gate that always answers the same. */
class Ground {
  head = id(1);
  main = id(9);
  time = 0;
  approvals: string[] = [];
  failing: Error | null = null;
  readonly complaints: string[] = [];
  readonly #answer: Published;

  constructor(answer: Published) {
    this.#answer = answer;
  }

  /** Looks once for each change and once before them. @returns how often the gate was asked after each look */
  async asked(...changes: readonly (() => void)[]): Promise<number[]> {
    const stop = new AbortController();
    const [steps, counts] = [[...changes], [] as number[]];
    let [asked, looks] = [0, 0];
    const pullRequests = async () => {
      if (looks++ > 0) counts.push(asked);
      if (looks > 1) steps.shift()?.();
      if (counts.length > changes.length) stop.abort();
      if (this.failing) throw this.failing;
      return [{ number: 1, head: this.head, state: 'open' } as PullRequest];
    };
    await watchGate(
      {
        forge: { sync: async () => this.main, pullRequests, approvals: async () => this.approvals },
        publish: async () => {
          asked++;
          return this.#answer;
        },
        now: () => new Date(this.time),
        onAnswer: () => {},
        complain: (line) => void this.complaints.push(line),
        signal: stop.signal,
      },
      { everyMs: 0, once: false },
    );
    return counts;
  }
}

gate('answers a commit once, and again when the commit or main has changed', async () => {
  const ground = new Ground({ outcome: 'refused', detail: 'worse' });
  const nothing = () => {};
  const pushed = () => {
    ground.head = id(2);
  };
  const moved = () => {
    ground.main = id(8);
  };
  assert.equal(await ground.asked(nothing, pushed, nothing, moved, nothing), [1, 1, 2, 2, 2, 3]);
});

gate('answers again when somebody has approved what waits', async () => {
  const ground = new Ground({ outcome: 'waiting', detail: 'a person must approve' });
  assert.equal(
    await ground.asked(
      () => {},
      () => ground.approvals.push('7'),
      () => {},
    ),
    [1, 1, 2, 2],
  );
});

gate('tries again what it could not judge, after a while', async () => {
  const ground = new Ground({ outcome: 'unjudged', detail: 'no room' });
  const later = (ms: number) => () => {
    ground.time += ms;
  };
  assert.equal(await ground.asked(later(RETRY_MS - 1), later(1)), [1, 1, 2]);
});

gate('goes on when the forge cannot be reached, and says so once', async () => {
  const ground = new Ground({ outcome: 'refused', detail: 'worse' });
  ground.failing = new ForgeError('unreachable', 'no answer');
  const back = () => {
    ground.failing = null;
  };
  assert.equal(
    await ground.asked(
      () => {},
      back,
      () => {},
    ),
    [0, 0, 1, 1],
  );
  assert.equal(ground.complaints, ['looking for pull requests: no answer']);
});

gate.run();
