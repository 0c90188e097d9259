import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Corpus, hasWasmKernel, openKernel, sigmoidTable } from '../../../../pipeline/training/nbsvm-dv/kernel.ts';
import { SharedMemory } from '../../../../pipeline/training/nbsvm-dv/shared-memory.ts';
import { Random } from '../../../../registry-repo/random.ts';

const [DIMENSIONS, DOCUMENTS, COLUMNS, EACH] = [12, 7, 40, 9];

/** One block of everything, with made-up numbers. */
function made(memory: SharedMemory): { corpus: Corpus; documents: Int32Array; scratch: Float32Array } {
  const random = Random.named('kernel');
  const some = (length: number) => {
    const array = memory.floats(length);
    for (let i = 0; i < length; i++) array[i] = random.bits() / 2 ** 32 - 0.5;
    return array;
  };
  const ints = (length: number, value: (i: number) => number) => {
    const array = memory.ints(length);
    for (let i = 0; i < length; i++) array[i] = value(i);
    return array;
  };
  const sigmoid = memory.floats(1024);
  sigmoid.set(sigmoidTable());
  const corpus: Corpus = {
    dimensions: DIMENSIONS,
    blocks: 1,
    bounds: ints(2 * DOCUMENTS, (i) => EACH * Math.ceil(i / 2)),
    occurrences: ints(DOCUMENTS * EACH, () => random.below(COLUMNS)),
    documentVectors: some(DOCUMENTS * DIMENSIONS),
    ngramVectors: some(COLUMNS * DIMENSIONS),
    noise: ints(64, () => random.below(COLUMNS)),
    negatives: 3,
    sigmoid,
  };
  return { corpus, documents: ints(DOCUMENTS, (i) => DOCUMENTS - 1 - i), scratch: memory.floats(DIMENSIONS) };
}

function learnt(inWasm: boolean) {
  const memory = new SharedMemory(inWasm);
  const { corpus, documents, scratch } = made(memory);
  const kernel = openKernel(memory.wasm);
  const missed: number[] = [];
  for (let pass = 0; pass < 20; pass++)
    missed.push(kernel.learn(corpus, { documents, block: 0, rate: [0.2, 0.1], seed: pass + 1 }, scratch));
  return { kernel, corpus, missed };
}

const near = (a: ArrayLike<number>, b: ArrayLike<number>, tolerance: number) => {
  assert.is(a.length, b.length);
  for (let i = 0; i < a.length; i++)
    assert.ok(Math.abs((a[i] as number) - (b[i] as number)) <= tolerance, `${i}: ${a[i]} and ${b[i]}`);
};

const s = suite('kernels of nbsvm-dv');

s('the build has made one in WebAssembly that this machine takes', () => {
  assert.ok(hasWasmKernel(), 'run `npm run build`');
});

s('both learn the same vectors, and answers get better', () => {
  const [wasm, plain] = [learnt(true), learnt(false)];
  assert.is(wasm.kernel.name, 'wasm-simd');
  assert.is(plain.kernel.name, 'javascript');
  near(wasm.corpus.ngramVectors, plain.corpus.ngramVectors, 2e-3);
  near(wasm.corpus.documentVectors, plain.corpus.documentVectors, 2e-3);
  near(wasm.missed, plain.missed, 0.05);
  assert.ok((wasm.missed.at(-1) as number) < 0.8 * (wasm.missed[0] as number), `${wasm.missed}`);
});

for (const inWasm of [true, false])
  s(`a step goes down the gradient of the loss (${inWasm ? 'wasm' : 'javascript'})`, () => {
    const memory = new SharedMemory(inWasm);
    const { corpus, scratch } = made(memory);
    const loss = () => {
      const dot = (column: number) => {
        let sum = 0;
        for (let j = 0; j < DIMENSIONS; j++)
          sum += (corpus.documentVectors[j] as number) * (corpus.ngramVectors[column * DIMENSIONS + j] as number);
        return sum;
      };
      const right = corpus.occurrences[0] as number;
      const wrong = corpus.noise[0] as number;
      return Math.log1p(Math.exp(-dot(right))) + 3 * Math.log1p(Math.exp(dot(wrong)));
    };
    corpus.occurrences.fill(1);
    corpus.noise.fill(2); // whatever is drawn
    const slope = (j: number) => {
      const before = corpus.documentVectors[j] as number;
      corpus.documentVectors[j] = before + 1e-2;
      const up = loss();
      corpus.documentVectors[j] = before - 1e-2;
      const down = loss();
      corpus.documentVectors[j] = before;
      return (up - down) / 2e-2;
    };
    const slopes = Array.from({ length: DIMENSIONS }, (_, j) => slope(j));
    const before = Float32Array.from(corpus.documentVectors.subarray(0, DIMENSIONS));
    corpus.bounds.set([0, 1]); // the first document has one n-gram
    const rate = 1e-4;
    const documents = memory.ints(1);
    openKernel(memory.wasm).learn(corpus, { documents, block: 0, rate: [rate, rate], seed: 9 }, scratch);
    const moved = before.map((value, j) => (value - (corpus.documentVectors[j] as number)) / rate);
    near(moved, slopes, 0.02);
  });

s('means are weighted, zero without weight, and the same in both', () => {
  const results = [true, false].map((inWasm) => {
    const memory = new SharedMemory(inWasm);
    const { corpus } = made(memory);
    const [starts, columns] = [memory.ints(4), memory.ints(5)];
    starts.set([0, 2, 2, 5]);
    columns.set([3, 1, 0, 3, 2]);
    const weights = memory.floats(COLUMNS);
    weights.set([0.5, 2, 0, 1]);
    const out = memory.floats(3 * DIMENSIONS);
    const { ngramVectors } = corpus;
    const task = { dimensions: DIMENSIONS, starts, columns, weights, ngramVectors, firstRow: 0, count: 3, out };
    openKernel(memory.wasm).means(task);
    const naive = Array.from({ length: DIMENSIONS }, (_, j) => {
      const at = (column: number) => ngramVectors[column * DIMENSIONS + j] as number;
      return (at(3) + 2 * at(1)) / 3;
    });
    near(out.subarray(0, DIMENSIONS), naive, 1e-6);
    near(out.subarray(DIMENSIONS, 2 * DIMENSIONS), new Float32Array(DIMENSIONS), 0);
    return out;
  });
  near(results[0] as Float32Array, results[1] as Float32Array, 1e-6);
});

s('memory is handed out without overlap, beyond the first page', () => {
  for (const inWasm of [true, false]) {
    const memory = new SharedMemory(inWasm);
    const pieces = [5, 30_000, 1, 0, 70_000].map((length) => memory.floats(length));
    for (const [i, piece] of pieces.entries()) piece.fill(i + 1);
    for (const [i, piece] of pieces.entries()) assert.ok(piece.every((value) => value === i + 1));
  }
});

s.run();
