import { loadDataset } from '../pipeline/data/load.ts';
import { DataOptions } from '../pipeline/data/options.ts';
import { countPredictions } from '../pipeline/evaluation/counts.ts';
import { contractOf } from '../pipeline/onnx/embedding-bag.ts';
import { NbsvmConfig } from '../pipeline/training/nbsvm/config.ts';
import type { ClassModel } from '../pipeline/training/nbsvm/fit-class.ts';
import type { Scored } from '../pipeline/training/nbsvm/fit-scored.ts';
import { Threads } from '../pipeline/training/nbsvm/threads.ts';
import { NbsvmDvConfig } from '../pipeline/training/nbsvm-dv/config.ts';
import { calibrate, type Mix, mixed, mixtureOf, rightShare } from '../pipeline/training/nbsvm-dv/mix.ts';
import { mixtureGraph } from '../pipeline/training/nbsvm-dv/mixture-graph.ts';
import { ngramScores, readNgrams } from '../pipeline/training/nbsvm-dv/ngram-scores.ts';
import { slotsOf } from '../pipeline/training/nbsvm-dv/slots.ts';
import { stageOf } from '../pipeline/training/nbsvm-dv/stage.ts';
import { learnNgrams, vectorScores } from '../pipeline/training/nbsvm-dv/vector-scores.ts';
import { MODEL_FILE } from '../registry-repo/manifest.ts';
import { Random } from '../registry-repo/random.ts';
import type { Row } from '../registry-repo/rows.ts';
import { f1Of } from './model-row.ts';
import { answer } from './process.ts';
import { open, save, stopwatch, trainingContext } from './trained.ts';

/** Which scores answer: those of `nbsvm`, those of the vectors under a weighting, or a blend of both. */
export type Variant = {
  readonly name: string;
  readonly parts: 'ngrams' | 'vectors' | 'both';
  readonly weighting: NbsvmDvConfig['weighting'];
};

export type AblationInput = {
  imdb: string;
  unlabelled: string | null;
  folder: string;
  workers: number;
  /** How many labelled rows to draw, as many of each label; null for all. */
  rows: number | null;
  config: Record<string, unknown>;
  variants: readonly Variant[];
};

/** F1 on the test rows, of the second label; `held` is the accuracy on training rows, each scored by models of others. */
export type VariantResult = { f1: number; low: number; high: number; held: number };
/** `vectors`: seconds that learning the n-grams' vectors took. */
export type AblationResult = { vectors: number; rows: number; results: VariantResult[] };

/** Learns once, and answers in several ways, each through an exported model. */
async function ablation(input: AblationInput): Promise<AblationResult> {
  const { imdb, unlabelled, folder, workers, variants } = input;
  const options = DataOptions.parse({ kind: 'imdb', path: imdb, unlabelled });
  const data = await loadDataset(options, { folder, cacheFolder: folder }, { unlabelled: unlabelled !== null });
  const { labels } = data.facts;
  const rows = drawn(data.train, labels, input.rows);
  const threads = new Threads(workers, () => {});
  const context = trainingContext({ rows, labels, unlabelled: data.unlabelled, workers });
  const stage = stageOf(threads, context, NbsvmDvConfig.parse(input.config), 1);
  const ngrams = await readNgrams(stage);
  const slots = slotsOf(ngrams.preprocessor.bits);
  const preprocessor = { ...ngrams.preprocessor, bits: slots.bits };
  const seconds = stopwatch();
  const { idOf, ...learnt } = await learnNgrams({ ...stage, preprocessor, slots });
  const vectors = seconds();
  const inside = (row: number) => stage.truth[row] === 1;
  const results: VariantResult[] = [];
  for (const { parts, weighting } of variants) {
    const scores = await vectorScores({ ...stage, config: { ...stage.config, weighting } }, learnt);
    const [other] = scores as [(typeof scores)[number]];
    const beside = parts === 'both' ? [other.scores] : null;
    const cost = parts === 'both' ? stage.config.cost : NBSVM.cost;
    const [own] = (await ngramScores({ ...stage, config: { ...stage.config, cost } }, ngrams, beside)) as [
      Scored<ClassModel>,
    ];
    const mix = parts === 'both' ? calibrate(own.held, other.held, inside) : alone(parts);
    const mixtures = [mixtureOf({ scored: own, idOf: ngrams.idOf }, { scored: other, idOf }, mix, slots)];
    const bytes = mixtureGraph({ mixtures, labels: 2, slots, vectorIds: idOf });
    save(folder, labels, { files: [{ path: MODEL_FILE, bytes }], preprocessor, contract: contractOf(2) });
    const runtime = await open(folder);
    const { confusion } = await countPredictions(runtime, data.test);
    await runtime.release();
    results.push({ ...f1Of(labels, confusion), held: rightShare(mixed(own.held, other.held, mix), inside) });
  }
  await threads.close();
  return { vectors, rows: rows.length, results };
}

/** `nbsvm` alone has its own defaults. */
const NBSVM = NbsvmConfig.parse({});

const alone = (part: 'ngrams' | 'vectors'): Mix => ({
  slopes: { ngrams: part === 'ngrams' ? 1 : 0, vectors: part === 'vectors' ? 1 : 0 },
  bias: 0,
});

function drawn(rows: readonly Row[], labels: readonly string[], count: number | null): readonly Row[] {
  if (count === null) return rows;
  return labels.flatMap((label) => {
    const own = Int32Array.from(rows.filter((row) => row.label === label).keys());
    const of = rows.filter((row) => row.label === label);
    Random.named(`nbsvm-dv bench ${label}`).shuffle(own);
    return Array.from(own.subarray(0, Math.floor(count / labels.length)), (i) => of[i] as Row);
  });
}

await answer({ ablation });
