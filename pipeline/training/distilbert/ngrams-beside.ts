import { MODEL_FILE } from '../../../registry-repo/manifest.ts';
import type { Row } from '../../../registry-repo/rows.ts';
import { batchesOf } from '../../../registry-repo/runtime/batches.ts';
import { createEncoder } from '../../../registry-repo/runtime/encoder.ts';
import { FeatureIds } from '../../../registry-repo/runtime/feature-ids.ts';
import type { HashedNgrams } from '../../../registry-repo/runtime/hashed-ngrams.ts';
import { openSession } from '../../../registry-repo/runtime/session.ts';
import { breathe } from '../../breathe.ts';
import { bagLogOdds, type QuantizedTables } from '../../onnx/embedding-bag.ts';
import { f1Of, type Logits, mixed, weigh } from '../mixture.ts';
import { fitBeside } from '../nbsvm/beside.ts';
import type { TrainedModel, TrainingContext } from '../trainer.ts';
import type { Examples } from '../transformer/examples.ts';
import { type Beside, TOKENIZER_FILE } from '../transformer/export.ts';
import { TooFewRowsHeldOutError } from './errors.ts';

/** Fewer rows say little about how to weigh two models. */
const LEAST_ROWS = 30;

/** NB-SVM of the rows that are not held out, and its scores of those that are. */
export type Ngrams = {
  readonly tables: QuantizedTables;
  readonly preprocessor: HashedNgrams;
  readonly rows: readonly Row[];
  readonly truth: Int32Array;
  /** [rows, labels] */
  readonly logits: Logits;
};

type Context = Pick<TrainingContext, 'labels' | 'averaging' | 'seed' | 'workers' | 'report' | 'signal'>;

/** @throws {TooFewRowsHeldOutError} */
export async function fitNgrams(context: Context, { train, validation }: Examples['rows']): Promise<Ngrams> {
  if (validation.length < LEAST_ROWS) throw new TooFewRowsHeldOutError(validation.length, LEAST_ROWS);
  const { labels } = context;
  const numbers = new Map(labels.map((label, i) => [label, i]));
  const truthOf = (rows: readonly Row[]) => Int32Array.from(rows, (row) => numbers.get(row.label) as number);
  const { tables, preprocessor } = await fitBeside(context, train, truthOf(train));
  const ids = new FeatureIds(preprocessor);
  const logits = new Float64Array(validation.length * labels.length);
  for (const [i, { text }] of validation.entries()) {
    const odds = bagLogOdds(tables, ids.of(text));
    const half = (odds[0] as number) / 2;
    logits.set(odds.length === 1 ? [-half, half] : odds, i * labels.length);
  }
  return { tables, preprocessor, rows: validation, truth: truthOf(validation), logits };
}

/**
 * The n-grams' weight in a blend with a transformer, fitted on the rows that were held out. Reports the metrics
 * `mix/transformer` and `mix/ngrams` and, of the held-out rows, the F1 of each model and of the blend.
 *
 * @param transformer as it would be stored alone: its answers are what is blended
 */
export async function weighNgrams(ngrams: Ngrams, transformer: TrainedModel, context: Context): Promise<Beside> {
  const { labels, report } = context;
  const { tables, preprocessor, truth, logits } = ngrams;
  const own = await logitsOf(transformer, ngrams.rows, context);
  const mixture = await weigh([own, logits], truth, labels.length);
  report.metric('mix/transformer', mixture.slopes[0], 0);
  report.metric('mix/ngrams', mixture.slopes[1], 0);
  const scores = { transformer: own, ngrams: logits, both: mixed(mixture, [own, logits]) };
  for (const [name, found] of Object.entries(scores)) report.metric(`heldF1/${name}`, f1Of(found, truth, context), 0);
  return { tables, preprocessor, mixture };
}

/** The stored graph's answers. [rows, labels] */
async function logitsOf(
  { files, preprocessor, contract }: TrainedModel,
  rows: readonly Row[],
  { labels, workers, report, signal }: Context,
): Promise<Logits> {
  const bytesOf = (path: string) => files.find((file) => file.path === path)?.bytes as Uint8Array;
  const encoder = createEncoder(preprocessor, contract.inputs, () => bytesOf(TOKENIZER_FILE));
  const session = await openSession(bytesOf(MODEL_FILE), contract, workers);
  const k = labels.length;
  const all = new Float64Array(rows.length * k);
  const texts = rows.map(({ text }) => text);
  let done = 0;
  report.progress('weighing', done, rows.length);
  try {
    for (const batch of batchesOf(encoder, texts, k)) {
      await breathe(signal);
      const output = await session.run(batch.feeds);
      for (const [i, row] of batch.rows.entries()) all.set(output.subarray(i * k, (i + 1) * k), row * k);
      done += batch.rows.length;
      report.progress('weighing', done, rows.length);
    }
    return all;
  } finally {
    await session.release();
  }
}
