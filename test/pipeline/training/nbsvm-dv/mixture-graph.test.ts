import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { contractOf } from '../../../../pipeline/onnx/embedding-bag.ts';
import { mixtureGraph, type ScoreTables } from '../../../../pipeline/training/nbsvm-dv/mixture-graph.ts';
import { openSession } from '../../../../registry-repo/runtime/session.ts';

// Four slots, and ids of four bits: an id is its slot, and four times its key.
const slots = { bits: 4, slotBits: 2 };
const [OWNER, OTHER, NGRAM, PADDING] = [4 * 3 + 1, 4 * 2 + 1, 2, 16];

const mixture: ScoreTables = {
  ngrams: { weights: Float32Array.of(9, 0, 2, 0, 0), ratios: Float32Array.of(9, 0, 1, 0, 0) },
  vectors: { values: Float32Array.of(0, 3, 0, 0, 0), weights: Float32Array.of(0, 2, 0, 0, 0) },
  slopes: { ngrams: 1, vectors: 1 },
  offset: 0,
};

const s = suite('the graph of nbsvm-dv');

s('a vector counts for the id it belongs to, not for others of its slot, and padding counts for nothing', async () => {
  const bytes = mixtureGraph({ mixtures: [mixture], labels: 2, slots, vectorIds: Int32Array.of(OWNER) });
  const session = await openSession(bytes, contractOf(2), 1);
  const logOdds = async (...ids: number[]) => {
    const p = (await session.run({ ids: { data: Int32Array.from(ids), rows: 1, columns: ids.length } }))[1] as number;
    return Math.log(p / (1 - p));
  };
  for (const [ids, wanted] of [
    [[OWNER], 1.5],
    [[OTHER], 0],
    [[NGRAM], 2],
    [[NGRAM, OTHER, PADDING], 2],
    [[NGRAM, OWNER, PADDING, PADDING], 3.5],
    [[PADDING], 0],
  ] as const)
    assert.ok(Math.abs((await logOdds(...ids)) - wanted) < 0.05, `${ids}: ${await logOdds(...ids)}`);
  await session.release();
});

s.run();
