import { MODEL_FILE } from '../../../registry-repo/manifest.ts';
import { transformerContract, transformerGraph } from '../../onnx/transformer-graph.ts';
import type { TrainedModel } from '../trainer.ts';
import type { Architecture, Parameters } from './architecture.ts';
import { BUCKET } from './length-batches.ts';

const TOKENIZER_FILE = 'tokenizer.json';

/** A trained classifier with its tokenizer. */
export type Classifier = {
  readonly architecture: Architecture;
  readonly parameters: Parameters;
  /** `tokenizer.json`. */
  readonly tokenizer: Uint8Array;
  /** Id that fills a shorter row. */
  readonly padId: number;
};

/**
 * A classifier as it is stored, gated and served: its ONNX graph, and its tokenizer cutting where training cut.
 *
 * @throws {ModelTooLargeError} for 2 GiB and more
 */
export function exportTransformer(
  { architecture, parameters, tokenizer, padId }: Classifier,
  labels: readonly string[],
  maxLength: number,
): Omit<TrainedModel, 'pretrained'> {
  const contract = transformerContract(labels.length);
  const [ids, mask] = contract.inputs.map((input) => input.name) as [string, string];
  return {
    files: [
      { path: MODEL_FILE, bytes: transformerGraph(architecture, parameters, labels.length) },
      { path: TOKENIZER_FILE, bytes: tokenizer },
    ],
    preprocessor: {
      kind: 'hf-tokenizer',
      file: TOKENIZER_FILE,
      maxLength,
      bucket: BUCKET,
      padId,
      inputs: { ids, mask, types: null },
    },
    contract,
  };
}
