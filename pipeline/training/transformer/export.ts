import { MODEL_FILE } from '../../../registry-repo/manifest.ts';
import type { HashedNgrams } from '../../../registry-repo/runtime/hashed-ngrams.ts';
import type { HfTokenizer } from '../../../registry-repo/runtime/hf-tokenizer.ts';
import type { Architecture, Parameters } from '../../onnx/architecture.ts';
import { TRANSFORMER_INPUTS } from '../../onnx/encoder.ts';
import { type Mixed, transformerContract, transformerGraph } from '../../onnx/transformer-graph.ts';
import type { TrainedModel } from '../trainer.ts';
import { BUCKET } from './length-batches.ts';

/** Name of the tokenizer's file in a version. */
export const TOKENIZER_FILE = 'tokenizer.json';

/** A trained classifier with its tokenizer. */
export type Classifier = {
  readonly architecture: Architecture;
  readonly parameters: Parameters;
  /** `tokenizer.json`. */
  readonly tokenizer: Uint8Array;
  /** Id that fills a shorter row. */
  readonly padId: number;
};

/** An embedding bag besides a classifier, and how the two are blended. */
export type Beside = Mixed & { readonly preprocessor: HashedNgrams };

/**
 * The files of a classifier that are stored, gated and served: its ONNX graph, and its tokenizer with the same cut as
 * in training.
 *
 * @throws {ModelTooLargeError} for 2 GiB and more
 */
export function exportTransformer(
  { architecture, parameters, tokenizer, padId }: Classifier,
  labels: readonly string[],
  maxLength: number,
  beside: Beside | null = null,
): Omit<TrainedModel, 'pretrained'> {
  const [ids, mask] = TRANSFORMER_INPUTS.map((input) => input.name) as [string, string];
  const tokens: HfTokenizer = {
    ...{ kind: 'hf-tokenizer', file: TOKENIZER_FILE, maxLength, bucket: BUCKET, padId },
    inputs: { ids, mask, types: null },
  };
  return {
    files: [
      { path: MODEL_FILE, bytes: transformerGraph(architecture, parameters, labels.length, beside) },
      { path: TOKENIZER_FILE, bytes: tokenizer },
    ],
    preprocessor: beside ? { kind: 'combined', parts: [beside.preprocessor, tokens] } : tokens,
    contract: transformerContract(labels.length, beside !== null),
  };
}
