import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Runtime } from '../../../registry-repo/runtime/runtime.ts';
import { compareLatency } from '../../../registry-repo/scoring/latency.ts';

const s = suite('latency of two models');

/** Two models on a clock that only they move. @param take milliseconds for a text, from how many it has answered before */
function onClock(take: { candidate: (nth: number) => number; baseline: (nth: number) => number }) {
  let time = 0;
  const turns: string[] = [];
  const answered: string[] = [];
  const runtime = (which: 'candidate' | 'baseline'): Runtime => {
    let nth = 0;
    return {
      labels: ['neg', 'pos'],
      classify: async (texts) => {
        assert.is(texts.length, 1, 'as a lone request');
        time += take[which](nth++);
        if (turns.at(-1) !== which) turns.push(which);
        answered.push(...texts);
        return Float32Array.of(1, 0);
      },
      release: async () => {},
    };
  };
  const models = { candidate: runtime('candidate'), baseline: runtime('baseline') };
  return { models, turns, answered, now: () => time };
}

const texts = (n: number) => Array.from({ length: n }, (_, i) => `text ${i}`);

s('is the median time for a text, of each', async () => {
  const { models, now } = onClock({ candidate: () => 2, baseline: () => 8 });
  const { candidate, baseline, texts: size, repetitions } = await compareLatency(models, texts(10), now);
  assert.equal([candidate, baseline, size], [2, 8, 10]);
  assert.ok(repetitions >= 5);
});

s('is not moved by the first time, nor by a pause that falls on one', async () => {
  const pauses = new Set([3, 57, 58]);
  const { models, now } = onClock({
    candidate: (nth) => (pauses.has(nth) ? 5000 : 2),
    baseline: (nth) => (nth === 0 ? 900 : 8),
  });
  const { candidate, baseline } = await compareLatency(models, texts(10), now);
  assert.equal([candidate, baseline], [2, 8]);
});

s('lets the models take turns, each first as often as the other', async () => {
  const { models, turns, now } = onClock({ candidate: () => 2, baseline: () => 2 });
  await compareLatency(models, texts(4), now);
  const pairs = turns.join(' ');
  assert.match(pairs, /baseline candidate baseline candidate/);
  const { models: counted, answered, now: clock } = onClock({ candidate: () => 1000, baseline: () => 1000 });
  const { repetitions } = await compareLatency(counted, texts(4), clock);
  assert.is(repetitions, 5, 'slow models are not repeated for long');
  assert.is(answered.length, 2 * 4 * (repetitions + 1));
});

s('takes texts from all of the rows, and no more than it needs', async () => {
  const { models, answered, now } = onClock({ candidate: () => 1, baseline: () => 1 });
  const { texts: size } = await compareLatency(models, texts(1000), now);
  const used = [...new Set(answered)].map((text) => Number(text.split(' ')[1]));
  assert.is(used.length, size);
  assert.ok(size <= 100);
  assert.is(used[0], 0);
  assert.ok((used.at(-1) as number) > 900);
});

s.run();
