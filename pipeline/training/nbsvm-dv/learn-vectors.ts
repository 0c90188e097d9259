import { Random } from '../../../registry-repo/random.ts';
import type { Threads } from '../nbsvm/threads.ts';
import type { Cell, Corpus } from './kernel.ts';
import type { SharedMemory } from './shared-memory.ts';

type Options = {
  readonly memory: SharedMemory;
  readonly documents: number;
  readonly epochs: number;
  readonly rate: number;
  readonly seed: number;
  readonly onCell: (done: number, of: number) => void;
  /** @param missed mean of 1 - probability over the right answers of the pass */
  readonly onEpoch: (epoch: number, missed: number) => void;
};

/**
 * Learns the corpus' vectors, in place. Documents and n-grams are divided into the same number of blocks. A stratum
 * pairs every block of documents with a different block of n-grams. So threads never touch the same vector, and the
 * result does not depend on their number or speed. After as many strata as blocks every pair has met: one pass.
 *
 * @see Gemulla et al. (2011), "Large-Scale Matrix Factorization with Distributed Stochastic Gradient Descent",
 *   https://doi.org/10.1145/2020408.2020426
 */
export async function learnVectors(threads: Threads, corpus: Corpus, options: Options): Promise<void> {
  const { epochs, rate, seed, memory, onCell, onEpoch } = options;
  const { blocks } = corpus;
  const random = Random.named(`nbsvm-dv ${seed} order`);
  const groups = documentBlocks(options, blocks, random, memory);
  const strata = epochs * blocks;
  const rateAt = (stratum: number) => rate * (1 - stratum / strata);
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const group of groups) random.shuffle(group);
    let missed = 0;
    for (let shift = 0; shift < blocks; shift++) {
      const stratum = epoch * blocks + shift;
      const cells = groups.map((documents, group): Cell => {
        const block = (group + shift) % blocks;
        return { documents, block, rate: [rateAt(stratum), rateAt(stratum + 1)], seed: random.bits() | 1 };
      });
      const orders = cells.map((cell) => ({ do: 'learn-cell', corpus, cell }) as const);
      for (const sum of await threads.share(orders)) missed += sum;
      onCell(stratum + 1, strata);
    }
    onEpoch(epoch, missed / Math.max(1, corpus.occurrences.length));
  }
}

function documentBlocks({ documents }: Options, blocks: number, random: Random, memory: SharedMemory): Int32Array[] {
  const all = Int32Array.from({ length: documents }, (_, i) => i);
  random.shuffle(all);
  return Array.from({ length: blocks }, (_, block) => {
    const own = all.subarray(Math.floor((block * documents) / blocks), Math.floor(((block + 1) * documents) / blocks));
    const group = memory.ints(own.length);
    group.set(own);
    return group;
  });
}
