import type { ClassModel } from '../nbsvm/fit-class.ts';
import type { Scored } from '../nbsvm/fit-scored.ts';
import type { VectorModel } from './fit-vectors.ts';
import { fitLogistic } from './logistic.ts';
import type { ScoreTables } from './mixture-graph.ts';
import { type Slots, slotOf } from './slots.ts';

/** The blend of two scores: slopes · scores + bias. */
export type Mix = Pick<ScoreTables, 'slopes'> & { readonly bias: number };

/** Blends two scores into log-odds, by a logistic regression on rows that neither model has learnt from. */
export function calibrate(ngrams: Float64Array, vectors: Float64Array, inside: (row: number) => boolean): Mix {
  const features = ngrams.map((score, row) => score + (vectors[row] as number));
  const rows = Int32Array.from(ngrams.keys());
  const { weight, bias } = fitLogistic({ features, width: 1, rows, inside, cost: 1 });
  const slope = weight[0] as number;
  return { slopes: { ngrams: slope, vectors: slope }, bias };
}

export const mixed = (ngrams: Float64Array, vectors: Float64Array, { slopes, bias }: Mix): Float64Array =>
  ngrams.map((score, row) => slopes.ngrams * score + slopes.vectors * (vectors[row] as number) + bias);

/** Accuracy of scores of held-out rows. */
export const rightShare = (scores: Float64Array, inside: (row: number) => boolean): number =>
  scores.reduce((right, score, row) => right + Number(score > 0 === inside(row)), 0) / scores.length;

type Part<M> = { readonly scored: Scored<M>; readonly idOf: Int32Array };

/** What the graph needs for one output. */
export function mixtureOf(ngrams: Part<ClassModel>, vectors: Part<VectorModel>, mix: Mix, slots: Slots): ScoreTables {
  const [own, other] = [ngrams.scored.model, vectors.scored.model];
  const { slopes, bias } = mix;
  return {
    ngrams: { weights: spread(ngrams.idOf, own.weight, slots), ratios: spread(ngrams.idOf, own.ratio, slots) },
    vectors: { values: spread(vectors.idOf, other.values, slots), weights: spread(vectors.idOf, other.weights, slots) },
    slopes,
    offset: bias + slopes.ngrams * own.bias + slopes.vectors * other.bias,
  };
}

function spread(idOf: Int32Array, values: Float32Array, slots: Slots): Float32Array {
  const table = new Float32Array(2 ** slots.slotBits + 1); // one more, for padding
  for (let column = 0; column < idOf.length; column++)
    table[slotOf(slots, idOf[column] as number)] = values[column] as number;
  return table;
}
