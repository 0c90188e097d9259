import { setImmediate as turn } from 'node:timers/promises';
import { Random } from '../../../registry-repo/random.ts';
import type { OptionsOf } from '../options.ts';
import type { Source, SourceRow } from '../source.ts';
import { Reviewer } from './review.ts';

const TURN = 512;

/**
 * A corpus of made-up film reviews for a first try: it needs no download, and is the same on every machine. Each row
 * depends only on its number and the options `seed`, `difficulty` and `noise` (training rows also on `mislabelled`). So
 * a larger corpus begins with the same rows, and the test rows do not depend on the number of training rows.
 */
export const sampleSource = (options: OptionsOf<'sample'>): Source => ({
  kind: 'sample',
  location: `seed ${options.seed}, difficulty ${options.difficulty}, noise ${options.noise}, mislabelled ${options.mislabelled}`,
  async *read({ progress, signal }) {
    const of = options.train + options.test;
    for (let done = 0; done < of; done++) {
      if (done % TURN === 0) {
        await turn();
        signal.throwIfAborted();
        progress({ stage: 'write sample', done, of, unit: 'rows' });
      }
      yield done < options.train ? sampleRow('train', done, options) : sampleRow('test', done - options.train, options);
    }
    progress({ stage: 'write sample', done: of, of, unit: 'rows' });
  },
});

function sampleRow(split: 'train' | 'test', index: number, options: OptionsOf<'sample'>): SourceRow {
  const random = Random.named(`pawl.sample/1 ${options.seed} ${split} ${index}`);
  const [noisy, mislabelled] = [random.chance(options.noise), random.chance(options.mislabelled)];
  const wrong = noisy || (mislabelled && split === 'train');
  const good = index % 2 === 1;
  const text = new Reviewer(random, options.difficulty).write(good ? 'good' : 'bad');
  return { split, text, label: good !== wrong ? 'pos' : 'neg', file: 'sample', line: null };
}
