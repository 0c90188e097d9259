import { encodeModel } from '../pipeline/onnx/graph.ts';
import { GraphBuilder } from '../pipeline/onnx/graph-builder.ts';
import { type ByteWeights, quantize } from '../pipeline/onnx/quantize.ts';
import { Random } from '../registry-repo/random.ts';
import type { Processor } from '../registry-repo/runtime/processor.ts';
import { type Feed, openSession, type Session } from '../registry-repo/runtime/session.ts';
import { thisProcessor } from '../registry-repo/runtime/this-processor.ts';
import { answer, tell } from './process.ts';
import { stopwatch } from './trained.ts';

const PRODUCTS = 6;
const [IN, OUT] = [384, 1536];
/** The most rows of one run. */
const ROWS = 32;
/** A single product of one row takes microseconds; so many together are timed. */
const REPEATED = 20;

/** Weights as bytes, and whether the runtime rewrites signed bytes as unsigned ones when it loads them. */
export type Kind = { readonly name: string; readonly weights: ByteWeights; readonly rewritten: boolean };

export type ProductsInput = { readonly kinds: readonly Kind[]; readonly rounds: number };
export type ProductsAnswer = {
  readonly kinds: readonly {
    /** One a product: relative distance from the product in floats. */
    readonly distances: readonly number[];
    /** One a round: how many times faster than floats, for 32 rows and for one. */
    readonly batch: readonly number[];
    readonly single: readonly number[];
  }[];
};

/**
 * Products of rows and weights that are drawn from a normal distribution, one thread each, in turns, so that other load
 * on the machine affects all.
 */
async function products({ kinds, rounds }: ProductsInput): Promise<ProductsAnswer> {
  const random = Random.named('products');
  const graphs = Array.from({ length: PRODUCTS }, () => graph(random));
  const floats = await Promise.all(graphs.map((bytes) => open(bytes, thisProcessor())));
  const small = await Promise.all(
    kinds.map(({ weights, rewritten }) =>
      Promise.all(
        graphs.map((bytes) => {
          const processor: Processor = { ...thisProcessor(), byteSums: rewritten ? 'overflow' : 'exact' };
          return open(quantize(bytes, { embeddings: false, weights }).bytes, processor);
        }),
      ),
    ),
  );
  const right = await answers(floats, ROWS);
  const distances: number[][] = [];
  for (const sessions of small) {
    const own = await answers(sessions, ROWS);
    distances.push(own.map((numbers, i) => distance(numbers, right[i] as Float32Array)));
  }
  const [batch, single] = [await faster(floats, small, ROWS, rounds), await faster(floats, small, 1, rounds)];
  await Promise.all([floats, ...small].flat().map((session) => session.release()));
  return {
    kinds: kinds.map((_, k) => ({
      distances: distances[k] as number[],
      batch: batch[k] as number[],
      single: single[k] as number[],
    })),
  };
}

/** Reads numbers of rows, so that it is fed as a text classifier is, and gives the rows times the weights. */
function graph(random: Random): Uint8Array {
  const made = new GraphBuilder();
  const table = made.floats('rows', [ROWS, IN], normal(random, ROWS * IN));
  const read = made.node('Gather', [table, 'ids'], 'read');
  const flat = made.node('Squeeze', [read, made.whole('one', 1)], 'flat');
  const weights = made.floats('weights', [IN, OUT], normal(random, IN * OUT));
  const product = made.node('MatMul', [flat, weights], 'product');
  // A graph's last product stays in floats; after this operator it is not the last.
  const output = made.node('Relu', [product], 'y');
  return encodeModel({
    ...{ name: 'product', opset: 17, nodes: made.nodes, initializers: made.initializers },
    inputs: [{ name: 'ids', type: 'int64', shape: ['batch', 1] }],
    outputs: [{ name: output, type: 'float32', shape: ['batch', OUT] }],
  });
}

/** @see Box and Muller (1958), "A Note on the Generation of Random Normal Deviates" */
function normal(random: Random, length: number): Float32Array {
  const uniform = () => (random.bits() + 1) / 2 ** 32;
  return Float32Array.from({ length }, () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()));
}

const open = (bytes: Uint8Array, processor: Processor): Promise<Session> =>
  openSession(
    bytes,
    {
      inputs: [{ name: 'ids', type: 'int64', shape: ['batch', 1] }],
      output: { name: 'y', type: 'float32', shape: ['batch', OUT] },
    } as Parameters<typeof openSession>[1],
    1,
    processor,
  );

const feedOf = (rows: number): Record<string, Feed> => ({
  ids: { data: Int32Array.from({ length: rows }, (_, row) => row), rows, columns: 1 },
});

async function answers(sessions: readonly Session[], rows: number): Promise<Float32Array[]> {
  const found: Float32Array[] = [];
  for (const session of sessions) found.push(await session.run(feedOf(rows)));
  return found;
}

/** @returns for each kind and round, the floats' time divided by its own */
async function faster(
  floats: readonly Session[],
  kinds: readonly (readonly Session[])[],
  rows: number,
  rounds: number,
): Promise<number[][]> {
  const ratios = kinds.map(() => [] as number[]);
  for (let round = 0; round < rounds; round++) {
    tell(`${rows} rows`, round, rounds);
    const seconds: number[] = [];
    for (const sessions of [floats, ...kinds]) {
      await answers(sessions, rows);
      const took = stopwatch();
      for (let i = 0; i < REPEATED; i++) await answers(sessions, rows);
      seconds.push(took());
    }
    ratios.forEach((own, k) => void own.push((seconds[0] as number) / (seconds[k + 1] as number)));
  }
  return ratios;
}

const distance = (own: Float32Array, right: Float32Array): number =>
  Math.sqrt(
    own.reduce((sum, v, i) => sum + (v - (right[i] as number)) ** 2, 0) / right.reduce((sum, v) => sum + v * v, 0),
  );

await answer({ products });
