import { MODEL_FILE } from '../../../registry-repo/manifest.ts';
import { contractOf } from '../../onnx/embedding-bag.ts';
import type { ClassModel } from '../nbsvm/fit-class.ts';
import type { Scored } from '../nbsvm/fit-scored.ts';
import { onThreads } from '../nbsvm/on-threads.ts';
import type { Threads } from '../nbsvm/threads.ts';
import type { TrainedModel, TrainingContext } from '../trainer.ts';
import type { NbsvmDvConfig } from './config.ts';
import type { VectorModel } from './fit-vectors.ts';
import { calibrate, mixed, mixtureOf, rightShare } from './mix.ts';
import { mixtureGraph } from './mixture-graph.ts';
import { ngramScores, readNgrams } from './ngram-scores.ts';
import { slotsOf } from './slots.ts';
import { stageOf } from './stage.ts';
import { learnNgrams, vectorScores } from './vector-scores.ts';

/** The training of `nbsvm-dv`; loaded when a run begins. */
export async function train(context: TrainingContext, config: NbsvmDvConfig): Promise<TrainedModel> {
  return onThreads(context, config.epochs, (threads, outputs) => learn(threads, context, config, outputs));
}

async function learn(
  threads: Threads,
  context: TrainingContext,
  config: NbsvmDvConfig,
  outputs: number,
): Promise<TrainedModel> {
  const { labels, report } = context;
  const stage = stageOf(threads, context, config, outputs);
  const { truth, targets } = stage;
  const ngrams = await readNgrams(stage);
  const slots = slotsOf(ngrams.preprocessor.bits);
  const preprocessor = { ...ngrams.preprocessor, bits: slots.bits };
  const { idOf, ...learnt } = await learnNgrams({ ...stage, preprocessor, slots });
  const scores = await vectorScores(stage, learnt);
  report.progress('weighing', 0, 1);
  const added = await ngramScores(
    stage,
    ngrams,
    scores.map((score) => score.scores),
  );
  const mixtures = targets.map((label, i) => {
    const own = added[i] as Scored<ClassModel>;
    const other = scores[i] as Scored<VectorModel>;
    const inside = (row: number) => truth[row] === label;
    const mix = calibrate(own.held, other.held, inside);
    report.metric('mix/slope', mix.slopes.vectors, i);
    const scoreOf = { vectors: other.held, both: mixed(own.held, other.held, mix) };
    for (const [name, held] of Object.entries(scoreOf)) report.metric(`held/${name}`, rightShare(held, inside), i);
    return mixtureOf({ scored: own, idOf: ngrams.idOf }, { scored: other, idOf }, mix, slots);
  });
  report.progress('weighing', 1, 1);
  const bytes = mixtureGraph({ mixtures, labels: labels.length, slots, vectorIds: idOf });
  return { files: [{ path: MODEL_FILE, bytes }], preprocessor, contract: contractOf(labels.length) };
}
