import * as z from 'zod';
import { MODEL_FILE } from '../../registry-repo/manifest.ts';
import type { HfTokenizer } from '../../registry-repo/runtime/hf-tokenizer.ts';
import { Subwords } from '../../registry-repo/runtime/subwords.ts';
import { Digest } from '../../registry-repo/values.ts';
import type { TrainedModel, Trainer } from '../training/trainer.ts';
import { contractOf } from './contract.ts';
import { ImportError } from './errors.ts';
import { positionsOf } from './positions.ts';

/** What a run of an imported model records of it. */
export const ImportConfig = z.strictObject({
  onnx: Digest,
  tokenizer: Digest,
  maxLength: z.int().min(4).max(8192),
  padId: z.int().min(0),
  values: z.enum(['logits', 'probabilities']),
});
export type ImportConfig = z.infer<typeof ImportConfig>;

const TOKENIZER_FILE = 'tokenizer.json';
/** Lengths are padded to a multiple of this, so that there are few different shapes. */
const BUCKET = 8;

/**
 * A model from elsewhere as a trainer would have made it.
 *
 * @throws {ImportError} before anything is loaded, for what no gate would accept
 */
export function adopt(
  { onnx, tokenizer }: { readonly onnx: Uint8Array; readonly tokenizer: Uint8Array },
  labels: readonly string[],
  { maxLength, padId, values }: Pick<ImportConfig, 'maxLength' | 'padId' | 'values'>,
): TrainedModel {
  const { contract, inputs } = contractOf(onnx, labels.length, values);
  const positions = positionsOf(onnx);
  if (positions !== null && maxLength > positions)
    throw new ImportError(
      `the graph has positions for ${positions} tokens, not for ${maxLength}: give a shorter length`,
    );
  checkTokenizer(tokenizer, maxLength);
  const file = TOKENIZER_FILE;
  const preprocessor: HfTokenizer = { kind: 'hf-tokenizer', file, maxLength, bucket: BUCKET, padId, inputs };
  const files = [
    { path: MODEL_FILE, bytes: onnx },
    { path: TOKENIZER_FILE, bytes: tokenizer },
  ];
  return { files, preprocessor, contract };
}

/** A run that trains nothing: what was trained elsewhere is measured and offered like any other model. */
export const importTrainer = (adopted: TrainedModel): Trainer<typeof ImportConfig> => ({
  name: 'import',
  summary: 'a model that was trained elsewhere',
  config: ImportConfig,
  train: async () => adopted,
});

function checkTokenizer(tokenizer: Uint8Array, maxLength: number): void {
  try {
    new Subwords(tokenizer, maxLength);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new ImportError(cause.message, { cause });
  }
}
