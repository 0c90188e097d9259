import { readFileSync } from 'node:fs';
import { type WasmMemory, webAssembly } from './webassembly.ts';

const WASM = new URL('./kernel.wasm', import.meta.url);

/** Inputs of all steps of learning vectors. Arrays are in shared memory. */
export type Corpus = {
  /** Length of a vector: a multiple of 4. */
  readonly dimensions: number;
  readonly blocks: number;
  /** [documents · (blocks + 1)]: where each document's n-grams of each block start in `occurrences`, and where they end. */
  readonly bounds: Int32Array;
  /** Columns of n-grams, each as often as it occurs. */
  readonly occurrences: Int32Array;
  /** [documents, dimensions] */
  readonly documentVectors: Float32Array;
  /** [columns, dimensions] */
  readonly ngramVectors: Float32Array;
  /** For each block, columns of the block from which negative samples are drawn: [blocks, a power of 2] */
  readonly noise: Int32Array;
  /** Negative samples for each right answer. */
  readonly negatives: number;
  /** `sigmoidTable()`, in shared memory. */
  readonly sigmoid: Float32Array;
};

/** Some documents with the n-grams of one block. */
export type Cell = {
  readonly documents: Int32Array;
  readonly block: number;
  /** Learning rate before the first document and after the last. */
  readonly rate: readonly [number, number];
  /** 32 bits, not 0. */
  readonly seed: number;
};

/** Weighted means of n-gram vectors, one for each row of a binary matrix. */
export type Means = {
  readonly dimensions: number;
  readonly starts: Int32Array;
  readonly columns: Int32Array;
  /** [columns], not negative */
  readonly weights: Float32Array;
  readonly ngramVectors: Float32Array;
  readonly firstRow: number;
  readonly count: number;
  /** [rows, dimensions] */
  readonly out: Float32Array;
};

/** The inner loops. Both kinds compute the same, except for the order in which four sums of a dot product are added. */
export type Kernel = {
  readonly name: 'wasm-simd' | 'javascript';
  /**
   * Stochastic gradient steps that predict documents' n-grams from the documents' vectors, with negative sampling.
   *
   * @param scratch [dimensions], the caller's own
   * @returns the sum of 1 - probability over the right answers
   * @see Li et al. (2016), "Weighted Neural Bag-of-n-grams Model", https://aclanthology.org/C16-1150/
   */
  learn(corpus: Corpus, cell: Cell, scratch: Float32Array): number;
  /** Zeros for a row without weight. */
  means(task: Means): void;
};

const BINS = 1024;
const BINS_PER_UNIT = 64;

/** 1 / (1 + e^-x) in bins of 1/64 from -8 to 8; values outside use the outermost bin. */
export const sigmoidTable = (): Float32Array =>
  Float32Array.from({ length: BINS }, (_, i) => 1 / (1 + Math.exp(8 - (i + 0.5) / BINS_PER_UNIT)));

/** @param memory the memory that holds all arrays given to the kernel; null for the kernel without WebAssembly */
export function openKernel(memory: WasmMemory | null): Kernel {
  return memory && webAssembly ? wasm(webAssembly, memory) : javascript;
}

/** Whether WebAssembly with vectors and threads is available: not in a process started with `--jitless`. */
export function hasWasmKernel(): boolean {
  try {
    return webAssembly?.validate(readFileSync(WASM)) ?? false;
  } catch {
    return false;
  }
}

function wasm(api: NonNullable<typeof webAssembly>, memory: WasmMemory): Kernel {
  const { exports } = new api.Instance(new api.Module(readFileSync(WASM)), { env: { memory } });
  const { learn, means } = exports as { learn: Run; means: Run };
  return {
    name: 'wasm-simd',
    learn: (corpus, { documents, block, rate, seed }, scratch) =>
      learn(
        ...[documents.byteOffset, documents.length, corpus.bounds.byteOffset, corpus.blocks, block],
        ...[corpus.occurrences.byteOffset, corpus.documentVectors.byteOffset, corpus.ngramVectors.byteOffset],
        ...[corpus.dimensions, corpus.negatives, ...noiseOf(corpus, block), corpus.sigmoid.byteOffset],
        ...[scratch.byteOffset, ...rate, seed],
      ),
    means: ({ firstRow, count, starts, columns, weights, ngramVectors, dimensions, out }) => {
      const addresses = [starts, columns, weights, ngramVectors].map((array) => array.byteOffset);
      means(firstRow, count, ...addresses, dimensions, out.byteOffset);
    },
  };
}

type Run = (...args: number[]) => number;

function noiseOf({ noise, blocks }: Corpus, block: number): [address: number, mask: number] {
  const size = noise.length / blocks;
  return [noise.byteOffset + 4 * block * size, size - 1];
}

const javascript: Kernel = {
  name: 'javascript',
  learn(corpus, { documents, block, rate, seed }, scratch) {
    const { bounds, blocks, occurrences } = corpus;
    const steps = stepsOf(corpus, block, scratch);
    const state = { seed, missed: 0 };
    for (let d = 0; d < documents.length; d++) {
      const document = documents[d] as number;
      const from = bounds[document * (blocks + 1) + block] as number;
      const to = bounds[document * (blocks + 1) + block + 1] as number;
      const now = rate[0] + ((rate[1] - rate[0]) * d) / documents.length;
      for (let i = from; i < to; i++) steps(document, occurrences[i] as number, now, state);
    }
    return state.missed;
  },
  means({ firstRow, count, starts, columns, weights, ngramVectors, dimensions, out }) {
    for (let row = firstRow; row < firstRow + count; row++) {
      const mean = out.subarray(row * dimensions, (row + 1) * dimensions).fill(0);
      let total = 0;
      for (let i = starts[row] as number; i < (starts[row + 1] as number); i++) {
        const column = columns[i] as number;
        const weight = weights[column] as number;
        total += weight;
        const at = column * dimensions;
        for (let j = 0; j < dimensions; j++) mean[j] = (mean[j] as number) + weight * (ngramVectors[at + j] as number);
      }
      if (total <= 0) continue;
      for (let j = 0; j < dimensions; j++) mean[j] = (mean[j] as number) / total;
    }
  },
};

/** One right answer and its negative samples; samples that are the right answer are skipped. */
function stepsOf(corpus: Corpus, block: number, scratch: Float32Array) {
  const { dimensions, negatives, sigmoid, ngramVectors: vectors, documentVectors: documents } = corpus;
  const size = corpus.noise.length / corpus.blocks;
  const noise = corpus.noise.subarray(block * size, (block + 1) * size);
  return (document: number, target: number, rate: number, state: { seed: number; missed: number }): void => {
    const own = document * dimensions;
    scratch.fill(0);
    for (let n = 0; n <= negatives; n++) {
      let other = target;
      if (n > 0) {
        state.seed = xorshift(state.seed);
        other = noise[state.seed & (size - 1)] as number;
        if (other === target) continue;
      }
      const at = other * dimensions;
      let dot = 0;
      for (let j = 0; j < dimensions; j++) dot += (documents[own + j] as number) * (vectors[at + j] as number);
      const bin = Math.trunc(Math.max(0, Math.min(BINS - 1, (dot + 8) * BINS_PER_UNIT)));
      const error = (n === 0 ? 1 : 0) - (sigmoid[bin] as number);
      if (n === 0) state.missed += error;
      const step = rate * error;
      for (let j = 0; j < dimensions; j++) {
        const v = vectors[at + j] as number;
        scratch[j] = (scratch[j] as number) + step * v;
        vectors[at + j] = v + step * (documents[own + j] as number);
      }
    }
    for (let j = 0; j < dimensions; j++) documents[own + j] = (documents[own + j] as number) + (scratch[j] as number);
  };
}

/** Marsaglia (2003), "Xorshift RNGs": 32 bits of state, never 0. */
function xorshift(state: number): number {
  let s = state ^ (state << 13);
  s ^= s >>> 17;
  return s ^ (s << 5);
}
