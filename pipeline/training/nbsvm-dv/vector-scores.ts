import type { HashedNgrams } from '../../../registry-repo/runtime/hashed-ngrams.ts';
import type { Scored, Scores } from '../nbsvm/fit-scored.ts';
import { type BinaryMatrix, sharedInts } from '../nbsvm/matrix.ts';
import type { Threads } from '../nbsvm/threads.ts';
import { readCorpus } from './corpus.ts';
import type { VectorModel, VectorTask } from './fit-vectors.ts';
import { hasWasmKernel } from './kernel.ts';
import { learnVectors } from './learn-vectors.ts';
import { SharedMemory } from './shared-memory.ts';
import { type Slots, slotOf } from './slots.ts';
import type { Stage } from './stage.ts';

const CHUNK_ROWS = 500;

type Ids = { readonly preprocessor: HashedNgrams; readonly slots: Slots };

/** Vectors of n-grams, and what a model on them is fitted to. Arrays are in shared memory. */
export type Learnt = Pick<VectorTask, 'matrix' | 'vectors' | 'dimensions' | 'idf'> & {
  /** The id of each column. */
  readonly idOf: Int32Array;
};

/** Vectors of all texts' n-grams, labelled or not. */
export async function learnNgrams(stage: Stage & Ids): Promise<Learnt> {
  const { threads, context, config, slots } = stage;
  const { rows, unlabelled, seed, report } = context;
  const memory = new SharedMemory(hasWasmKernel());
  const { dimensions, vectorCount: least } = config;
  const scratch = memory.floats(threads.count * dimensions);
  const shared = { sketch: new SharedArrayBuffer(2 ** 26), memory: memory.wasm, scratch, claims: sharedInts(1) };
  await threads.everyone({ do: 'open-vectors', order: config.order, least, dimensions, ...shared });
  const texts = [...rows.map(({ text }) => text), ...unlabelled];
  const { corpus, idOf, idf } = await readCorpus(threads, texts, {
    ...{ memory, least, slots, dimensions, seed, negatives: config.negatives },
    progress: (name, done, of) => report.progress(name, done, of),
  });
  report.metric('vectors', idOf.length, 0);
  report.metric('vectors/texts', texts.length, 0);
  await learnVectors(threads, corpus, {
    ...{ memory, seed, documents: texts.length, epochs: config.vectorEpochs, rate: config.vectorRate },
    onCell: (done, of) => report.progress('learning vectors', done, of),
    onEpoch: (epoch, missed) => report.metric('vectors/missed', missed, epoch),
  });
  const matrix = await matrixOf(threads, stage, idOf, memory);
  await openFits(threads, memory, { means: rows.length * dimensions, weights: matrix.width });
  return { matrix, vectors: corpus.ngramVectors, dimensions, idf, idOf };
}

/** By output, a model on the vectors. */
export async function vectorScores(
  { threads, config, context: { rows }, truth, targets, folds }: Stage,
  learnt: Omit<Learnt, 'idOf'>,
): Promise<(Scored<VectorModel> & { readonly scores: Scores })[]> {
  const everyRow = Int32Array.from(rows.keys());
  const { weighting, weightFloor: floor, smoothing, vectorCost: cost } = config;
  const options = { ...learnt, truth, weighting, floor, smoothing, cost };
  const tasks = targets.flatMap((label) =>
    [everyRow, ...folds.map((fold) => fold.rows)].map(
      (from) => ({ do: 'fit-vectors', ...options, rows: from, label }) as const,
    ),
  );
  const fits = await threads.share(tasks);
  return targets.map((_, i) => {
    const [all, ...own] = fits.slice(i * (folds.length + 1), (i + 1) * (folds.length + 1));
    const { model, scores } = all as (typeof fits)[number];
    const byFold = own.map((fit) => fit.scores);
    const held = new Float64Array(rows.length);
    folds.forEach((fold, j) => {
      for (const row of fold.held) held[row] = byFold[j]?.[row] as number;
    });
    return { model, held, scores: { all: scores, folds: byFold } };
  });
}

/** The columns of every row, as the runtime will find them: n-grams that share an id count too. */
async function matrixOf(
  threads: Threads,
  { context: { rows }, preprocessor, slots }: Stage & Ids,
  idOf: Int32Array,
  memory: SharedMemory,
): Promise<BinaryMatrix> {
  const columnOf = sharedInts(2 ** slots.slotBits).fill(-1);
  idOf.forEach((id, column) => {
    columnOf[slotOf(slots, id)] = column;
  });
  const ids = sharedInts(idOf.length);
  ids.set(idOf);
  const found = { do: 'find-columns', preprocessor, slots, columnOf, idOf: ids } as const;
  const chunks = Array.from({ length: Math.ceil(rows.length / CHUNK_ROWS) }, (_, i) => {
    const texts = rows.slice(i * CHUNK_ROWS, (i + 1) * CHUNK_ROWS).map(({ text }) => text);
    return { ...found, first: i * CHUNK_ROWS, texts };
  });
  const parts = await threads.share(chunks);
  const starts = memory.ints(rows.length + 1);
  const columns = memory.ints(parts.reduce((sum, { values }) => sum + values.length, 0));
  let [at, row] = [0, 0];
  for (const { lengths, values } of parts) {
    columns.set(values, at);
    for (const length of lengths) {
      at += length;
      starts[++row] = at;
    }
  }
  return { starts, columns, width: idOf.length };
}

async function openFits(threads: Threads, memory: SharedMemory, sizes: { means: number; weights: number }) {
  const [means, weights] = [memory.floats(threads.count * sizes.means), memory.floats(threads.count * sizes.weights)];
  await threads.everyone({ do: 'open-fits', means, weights, threads: threads.count, claims: sharedInts(1) });
}
