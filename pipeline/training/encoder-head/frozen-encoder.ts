import type { Encoder } from '../../../registry-repo/runtime/encoded-text.ts';
import { createEncoder } from '../../../registry-repo/runtime/encoder.ts';
import type { HfTokenizer } from '../../../registry-repo/runtime/hf-tokenizer.ts';
import { type Encoding, featureContract, featureWidth } from '../../onnx/feature-graph.ts';
import type { TrainingContext } from '../trainer.ts';
import { WeightsError } from '../transformer/errors.ts';
import { BUCKET } from '../transformer/length-batches.ts';
import { loadPretrained } from '../transformer/pretrained.ts';
import type { Pretrained } from '../transformer/weights.ts';
import type { EncoderHeadConfig } from './config.ts';

export const TOKENIZER_FILE = 'tokenizer.json';

/** A pretrained encoder, and which of its numbers represent a text. */
export type FrozenEncoder = {
  readonly pretrained: Pretrained;
  readonly encoding: Encoding;
  /** How many numbers represent a text. */
  readonly width: number;
  readonly preprocessor: HfTokenizer;
  /** Texts as the graph's inputs. */
  readonly encoder: Encoder;
};

type Context = Pick<TrainingContext, 'folders' | 'hub' | 'report' | 'signal'>;

/** @throws {WeightsError} for a model that cannot be used, or not with these settings */
export async function loadFrozenEncoder(context: Context, config: EncoderHeadConfig): Promise<FrozenEncoder> {
  const { model, revision, maxLength, pooling, precision } = config;
  const pretrained = await loadPretrained(model, context, revision);
  const { architecture, parameters, tokenizer, padId } = pretrained;
  if (maxLength > architecture.positions)
    throw new WeightsError(`${model} takes ${architecture.positions} tokens at most: set maxLength to that or less`);
  const states = config.states.map((state) => (state < 0 ? architecture.layers + 1 + state : state));
  if (states.some((state) => state < 0 || state > architecture.layers))
    throw new WeightsError(
      `${model} has ${architecture.layers} layers: set states to numbers from ${-architecture.layers - 1} to ${architecture.layers}`,
    );
  const choice = { states: [...new Set(states)], pooling };
  const width = featureWidth(architecture, choice);
  const { inputs } = featureContract(width);
  const [ids, mask] = inputs.map((input) => input.name) as [string, string];
  const preprocessor: HfTokenizer = {
    ...{ kind: 'hf-tokenizer', file: TOKENIZER_FILE, maxLength, bucket: BUCKET, padId },
    inputs: { ids, mask, types: null },
  };
  const encoding = { architecture, parameters, choice, precision };
  return { pretrained, encoding, width, preprocessor, encoder: createEncoder(preprocessor, inputs, () => tokenizer) };
}
