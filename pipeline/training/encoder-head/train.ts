import { MODEL_FILE } from '../../../registry-repo/manifest.ts';
import { Random } from '../../../registry-repo/random.ts';
import type { Row } from '../../../registry-repo/rows.ts';
import { headContract, headGraph } from '../../onnx/feature-graph.ts';
import type { TrainedModel, TrainingContext } from '../trainer.ts';
import { recordOf } from '../transformer/pretrained.ts';
import type { EncoderHeadConfig } from './config.ts';
import { featuresOf } from './features.ts';
import { fitHead } from './fit-head.ts';
import { loadFrozenEncoder, TOKENIZER_FILE } from './frozen-encoder.ts';
import { ngramScores, sideBySide } from './ngram-scores.ts';

/** The training of `encoder-head`; loaded when a run begins. */
export async function train(context: TrainingContext, config: EncoderHeadConfig): Promise<TrainedModel> {
  const { labels, report, signal } = context;
  signal.throwIfAborted();
  const frozen = await loadFrozenEncoder(context, config);
  const { pretrained, encoding, width, preprocessor } = frozen;
  const rows = drawn(context.rows, config.rows);
  const texts = rows.map((row) => row.text);
  report.metric('rows', rows.length, 0);
  report.metric('features', width, 0);
  const numbers = new Map(labels.map((label, i) => [label, i]));
  const truth = Int32Array.from(rows, (row) => numbers.get(row.label) as number);
  const ngrams = config.ngrams ? await ngramScores(context, rows, truth) : null;
  const features = await featuresOf(frozen, texts, context);
  const scores = ngrams?.held ?? [];
  const classes = { ...sideBySide(features, width, scores), truth, labels: labels.length };
  const head = await fitHead(classes, texts, context, config, scores.length);
  const kernel = head.kernel.subarray(0, width * labels.length);
  const split = { kernel, beside: head.kernel.subarray(kernel.length), bias: head.bias };
  return {
    files: [
      { path: MODEL_FILE, bytes: headGraph(encoding, split, ngrams?.tables) },
      { path: TOKENIZER_FILE, bytes: pretrained.tokenizer },
    ],
    preprocessor: ngrams ? { kind: 'combined', parts: [ngrams.preprocessor, preprocessor] } : preprocessor,
    contract: headContract(labels.length, ngrams !== null),
    pretrained: recordOf(pretrained.source),
  };
}

/**
 * In an order that does not depend on the seed, so that runs with fewer rows and with other seeds find features in the
 * cache.
 */
function drawn(rows: readonly Row[], most: number): Row[] {
  const order = Int32Array.from(rows.keys());
  Random.named('encoder-head rows').shuffle(order);
  return Array.from(most > 0 ? order.subarray(0, most) : order, (i) => rows[i] as Row);
}
