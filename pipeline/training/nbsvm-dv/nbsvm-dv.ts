import { MODEL_FILE } from '../../../registry-repo/manifest.ts';
import type { HashedNgrams } from '../../../registry-repo/runtime/hashed-ngrams.ts';
import { abortable } from '../abortable.ts';
import { gathered } from '../folds.ts';
import { zonesOf } from '../nbsvm/config.ts';
import { contractOf } from '../nbsvm/embedding-bag.ts';
import { EpochLog } from '../nbsvm/epoch-log.ts';
import { extractFeatures } from '../nbsvm/features.ts';
import type { ClassModel } from '../nbsvm/fit-class.ts';
import { Threads } from '../nbsvm/threads.ts';
import type { TrainedModel, Trainer, TrainingContext } from '../trainer.ts';
import { type NbsvmDvConfig, NbsvmDvConfig as schema } from './config.ts';
import type { VectorModel } from './fit-vectors.ts';
import { fitLogistic } from './logistic.ts';
import { type Mixture, mixtureGraph } from './mixture-graph.ts';
import { type Slots, slotOf, slotsOf } from './slots.ts';
import { foldsOf, type Stage } from './stage.ts';
import { type Scored, vectorScores } from './vector-scores.ts';

/**
 * NB-SVM beside n-gram vectors that were learnt without labels, from all texts there are: a text is the weighted mean of
 * its n-grams' vectors. Two logistic regressions are weighed against each other by a third, on rows neither has learnt from.
 *
 * @see Wang & Manning (2012), "Baselines and Bigrams: Simple, Good Sentiment and Topic Classification"
 * @see Li et al. (2016), "Weighted Neural Bag-of-n-grams Model: New Baselines for Text Classification"
 */
export const nbsvmDv: Trainer<typeof schema> = {
  name: 'nbsvm-dv',
  summary: 'nbsvm beside n-gram vectors that learn from unlabelled texts too: minutes on any processor',
  config: schema,
  unlabelled: true,
  async train(context, config) {
    const { rows, labels, workers, signal, report } = context;
    signal.throwIfAborted();
    const outputs = labels.length === 2 ? 1 : labels.length;
    const epochs = new EpochLog(outputs, config.epochs, report);
    const threads = new Threads(Math.max(1, Math.min(workers, rows.length)), (epoch) => epochs.note(epoch));
    try {
      return await abortable(learn(threads, context, config, outputs), signal);
    } finally {
      await threads.close();
    }
  },
};

async function learn(
  threads: Threads,
  context: TrainingContext,
  config: NbsvmDvConfig,
  outputs: number,
): Promise<TrainedModel> {
  const { rows, labels, seed, report } = context;
  const index = new Map(labels.map((label, i) => [label, i]));
  const truth = Int32Array.from(rows, (row) => index.get(row.label) as number);
  const targets = outputs === 1 ? [1] : labels.map((_, i) => i);
  const folds = foldsOf(rows.length, Math.min(config.folds, rows.length), seed);
  const stage: Stage = { threads, context, config, truth, targets, folds };
  const ngrams = await ngramScores(stage);
  const slots = slotsOf(ngrams.preprocessor.bits);
  const preprocessor = { ...ngrams.preprocessor, bits: slots.bits };
  const vectors = await vectorScores({ ...stage, preprocessor, slots });
  report.progress('weighing', 0, 1);
  const mixtures = targets.map((label, i): Mixture => {
    const [own, other] = [ngrams.scored[i] as Scored<ClassModel>, vectors.scored[i] as Scored<VectorModel>];
    const features = Float64Array.from({ length: 2 * rows.length }, (_, j) =>
      j % 2 === 0 ? (own.held[j >> 1] as number) : (other.held[j >> 1] as number),
    );
    const everyRow = Int32Array.from(truth.keys());
    const inside = (row: number) => truth[row] === label;
    const { weight, bias } = fitLogistic({ features, width: 2, rows: everyRow, inside, cost: 1 });
    const slopes = { ngrams: weight[0] as number, vectors: weight[1] as number };
    report.metric('mix/ngrams', slopes.ngrams, i);
    report.metric('mix/vectors', slopes.vectors, i);
    const scoreOf = { ngrams: own.held, vectors: other.held, both: mixed(own.held, other.held, slopes, bias) };
    for (const [name, held] of Object.entries(scoreOf)) report.metric(`held/${name}`, rightShare(held, inside), i);
    const spread = (idOf: Int32Array, values: Float32Array) => spreadOut(idOf, values, slots);
    return {
      ngrams: {
        weights: spread(ngrams.idOf, own.model.weight),
        ratios: spread(ngrams.idOf, own.model.ratio),
      },
      vectors: {
        values: spread(vectors.idOf, other.model.values),
        weights: spread(vectors.idOf, other.model.weights),
      },
      slopes,
      offset: bias + slopes.ngrams * own.model.bias + slopes.vectors * other.model.bias,
    };
  });
  report.progress('weighing', 1, 1);
  return {
    files: [
      { path: MODEL_FILE, bytes: mixtureGraph({ mixtures, labels: labels.length, slots, vectorIds: vectors.idOf }) },
    ],
    preprocessor,
    contract: contractOf(labels.length),
  };
}

async function ngramScores({ threads, context, config, truth, targets, folds }: Stage) {
  const { rows, seed, report } = context;
  const { matrix, idOf, preprocessor } = await extractFeatures(threads, rows, {
    zones: zonesOf({ ...config, loss: 'logistic' }),
    bits: config.bits,
    singletons: config.singletons,
    outputs: 2 * targets.length,
    onProgress: (done, of) => report.progress('reading texts', done, of),
  });
  report.metric('features', matrix.width, 0);
  report.metric('bits', preprocessor.bits, 0);
  const tasks = targets.map(
    (label) => ({ matrix, truth, label, config: { ...config, loss: 'logistic' }, seed }) as const,
  );
  const models = await threads.share(tasks.map((task) => ({ do: 'fit', ...task }) as const));
  const parts = tasks.flatMap((task) =>
    folds.map((fold, i) => ({ do: 'score-held', ...task, ...fold, part: `mix ${i}` }) as const),
  );
  const scores = await threads.share(parts);
  const scored = models.map((model, i): Scored<ClassModel> => {
    const own = scores.slice(i * folds.length, (i + 1) * folds.length);
    return { model, held: gathered(folds, own, rows.length) };
  });
  return { scored, idOf, preprocessor: preprocessor as HashedNgrams };
}

const mixed = (a: Float64Array, b: Float64Array, slopes: Mixture['slopes'], bias: number): Float64Array =>
  a.map((score, row) => slopes.ngrams * score + slopes.vectors * (b[row] as number) + bias);

/** Accuracy of scores that no row of theirs was learnt from. */
const rightShare = (scores: Float64Array, inside: (row: number) => boolean): number =>
  scores.reduce((right, score, row) => right + Number(score > 0 === inside(row)), 0) / scores.length;

function spreadOut(idOf: Int32Array, values: Float32Array, slots: Slots): Float32Array {
  const table = new Float32Array(2 ** slots.slotBits + 1); // one more, for padding
  for (let column = 0; column < idOf.length; column++)
    table[slotOf(slots, idOf[column] as number)] = values[column] as number;
  return table;
}
