import { Random } from '../../../registry-repo/random.ts';
import type { Threads } from '../nbsvm/threads.ts';
import { type Corpus, sigmoidTable } from './kernel.ts';
import type { Ragged } from './orders.ts';
import type { SharedMemory } from './shared-memory.ts';
import type { Slots } from './slots.ts';
import { Vocabulary } from './vocabulary.ts';

const CHUNK_TEXTS = 500;
/**
 * Number of blocks. Blocks are learnt in parallel, so this bounds the useful threads; with few n-grams there are fewer
 * blocks. A block's vectors, and its noise, should fit a processor's cache: a pass takes 0.6 of the time that it takes
 * with 16.
 */
const MOST_BLOCKS = 64;
// Fewer are learnt in less time than a thread needs to be told.
const LEAST_COLUMNS_A_BLOCK = 256;
const NOISE_SIZE = 2 ** 16;
/** Mikolov et al. (2013), "Distributed Representations of Words and Phrases and their Compositionality", 2.2 */
const NOISE_POWER = 0.75;

/** The n-grams of the texts, and the initial vectors. */
export type Texts = {
  readonly corpus: Corpus;
  /** The feature id of each column. */
  readonly idOf: Int32Array;
  /** log(texts / texts with the column) [columns] */
  readonly idf: Float32Array;
  readonly documents: number;
};

type Options = {
  readonly memory: SharedMemory;
  readonly least: number;
  readonly slots: Slots;
  readonly dimensions: number;
  readonly negatives: number;
  readonly seed: number;
  readonly progress: (stage: string, done: number, of: number) => void;
};

/**
 * Turns texts into columns of frequent n-grams, in threads that got `open-vectors`. The result depends only on the
 * texts and their order, not on the threads.
 *
 * @throws {RangeError} if memory cannot hold them
 */
export async function readCorpus(threads: Threads, texts: readonly string[], options: Options): Promise<Texts> {
  const { memory, least, slots, dimensions, negatives, seed, progress } = options;
  await threads.share(chunks(texts, (done) => progress('reading texts for vectors', done, texts.length)));
  const read = (await threads.everyone({ do: 'select-ngrams' })).flat().sort((a, b) => a.first - b.first);
  const vocabulary = new Vocabulary();
  for (const [i, { values }] of read.entries()) {
    for (const hash of values) vocabulary.add(hash);
    await breath(progress, 'counting n-grams', i, read.length);
  }
  const { idOf, counts } = vocabulary.number(least, slots);
  const blocks = Math.max(1, Math.min(MOST_BLOCKS, Math.floor(idOf.length / LEAST_COLUMNS_A_BLOCK)));
  const placed = await place(read, vocabulary, {
    documents: texts.length,
    columns: idOf.length,
    blocks,
    memory,
    progress,
  });
  const random = Random.named(`nbsvm-dv ${seed} vectors`);
  const documentVectors = memory.floats(texts.length * dimensions);
  for (let i = 0; i < documentVectors.length; i++) documentVectors[i] = (random.bits() / 2 ** 32 - 0.5) / dimensions;
  const sigmoid = memory.floats(1024);
  sigmoid.set(sigmoidTable());
  const { bounds, occurrences, idf } = placed;
  const ngramVectors = memory.floats(idOf.length * dimensions);
  const noise = noiseOf(counts, blocks, memory);
  const corpus = { dimensions, blocks, bounds, occurrences, documentVectors, ngramVectors, noise, negatives, sigmoid };
  return { corpus, idOf, idf, documents: texts.length };
}

function* chunks(texts: readonly string[], onProgress: (done: number) => void) {
  for (let first = 0; first < texts.length; first += CHUNK_TEXTS) {
    onProgress(first);
    yield { do: 'hash-ngrams', first, texts: texts.slice(first, first + CHUNK_TEXTS) } as const;
  }
}

/** Lets other work run: a signal, the progress bar. */
async function breath(progress: Options['progress'], stage: string, done: number, of: number): Promise<void> {
  progress(stage, done, of);
  if (done % 8 === 0) await new Promise(setImmediate);
}

type Size = Pick<Options, 'memory' | 'progress'> & {
  readonly documents: number;
  readonly columns: number;
  readonly blocks: number;
};

/** Every document's columns, those of one block together; and how many documents have each column. */
async function place(read: readonly Ragged[], vocabulary: Vocabulary, size: Size) {
  const { documents, columns, blocks, memory, progress } = size;
  const bounds = memory.ints(documents * (blocks + 1));
  const within = new Int32Array(columns);
  const lastSeen = new Int32Array(columns).fill(-1);
  const parts: Int32Array[] = [];
  const perBlock = new Int32Array(blocks + 1);
  let total = 0;
  for (const [i, { first, lengths, values }] of read.entries()) {
    let [from, to] = [0, 0];
    const ordered = new Int32Array(values.length);
    lengths.forEach((length, text) => {
      const document = first + text;
      const found = values.subarray(from, from + length);
      from += length;
      perBlock.fill(0);
      let count = 0;
      for (const hash of found) {
        const column = vocabulary.column(hash);
        if (column < 0) continue;
        found[count++] = column;
        perBlock[(column % blocks) + 1] = (perBlock[(column % blocks) + 1] as number) + 1;
        if (lastSeen[column] === document) continue;
        lastSeen[column] = document;
        within[column] = (within[column] as number) + 1;
      }
      for (let b = 1; b <= blocks; b++) perBlock[b] = (perBlock[b] as number) + (perBlock[b - 1] as number);
      bounds.set(
        perBlock.map((start) => total + to + start),
        document * (blocks + 1),
      );
      for (let j = 0; j < count; j++) {
        const column = found[j] as number;
        const block = column % blocks;
        ordered[to + (perBlock[block] as number)] = column;
        perBlock[block] = (perBlock[block] as number) + 1;
      }
      to += count;
    });
    parts.push(ordered.slice(0, to));
    total += to;
    await breath(progress, 'placing n-grams', i, read.length);
  }
  const occurrences = memory.ints(total);
  let at = 0;
  for (const part of parts.splice(0)) {
    occurrences.set(part, at);
    at += part.length;
  }
  const idf = Float32Array.from(within, (count) => Math.log(documents / Math.max(1, count)));
  return { bounds, occurrences, idf };
}

/** For each block a table in which each of its columns occurs in proportion to its count to a power. */
function noiseOf(counts: Float64Array, blocks: number, memory: SharedMemory): Int32Array {
  const size = Math.min(NOISE_SIZE, 2 ** Math.ceil(Math.log2(16 * Math.max(1, counts.length / blocks))));
  const noise = memory.ints(blocks * size);
  for (let block = 0; block < blocks; block++) {
    let sum = 0;
    for (let column = block; column < counts.length; column += blocks) sum += (counts[column] as number) ** NOISE_POWER;
    let [at, reached] = [0, 0];
    for (let column = block; column < counts.length; column += blocks) {
      reached += (counts[column] as number) ** NOISE_POWER;
      for (const end = Math.round((reached / sum) * size); at < end; at++) noise[block * size + at] = column;
    }
  }
  return noise;
}
