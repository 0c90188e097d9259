import * as z from 'zod';
import { MODEL_FILE } from '../../../registry-repo/manifest.ts';
import { checkByteSums } from '../../../registry-repo/runtime/byte-sums.ts';
import type { HfTokenizer } from '../../../registry-repo/runtime/hf-tokenizer.ts';
import type { Processor } from '../../../registry-repo/runtime/processor.ts';
import { Subwords } from '../../../registry-repo/runtime/subwords.ts';
import { thisProcessor } from '../../../registry-repo/runtime/this-processor.ts';
import { readTokenizerFile, unmatchedTokens } from '../../../registry-repo/runtime/tokenizer-file.ts';
import { Digest } from '../../../registry-repo/values.ts';
import type { TrainedModel, Trainer } from '../trainer.ts';
import { contractOf } from './contract.ts';
import { ImportError } from './errors.ts';
import { tableHeights } from './tables.ts';

/** What a run of an imported model records about it. */
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
 * An imported model in the form in which a trainer gives one.
 *
 * @throws {ImportError} before anything is loaded, for what no gate would accept
 * @throws {ProcessorLacksVnniError} for a model that would answer wrongly here
 */
export function importedModel(
  { onnx, tokenizer }: { readonly onnx: Uint8Array; readonly tokenizer: Uint8Array },
  labels: readonly string[],
  { maxLength, padId, values }: Pick<ImportConfig, 'maxLength' | 'padId' | 'values'>,
  processor: Processor = thisProcessor(),
): TrainedModel {
  const { contract, inputs } = contractOf(onnx, labels.length, values);
  checkByteSums(onnx, processor);
  checkTokenizer(tokenizer, maxLength);
  checkAddedTokens(tokenizer);
  checkTables(onnx, tokenizer, maxLength);
  const file = TOKENIZER_FILE;
  const preprocessor: HfTokenizer = { kind: 'hf-tokenizer', file, maxLength, bucket: BUCKET, padId, inputs };
  const files = [
    { path: MODEL_FILE, bytes: onnx },
    { path: TOKENIZER_FILE, bytes: tokenizer },
  ];
  return { files, preprocessor, contract };
}

/** A run that trains nothing: a model that was trained elsewhere is measured and offered like any other model. */
export const importTrainer = (imported: TrainedModel): Trainer<typeof ImportConfig> => ({
  name: 'import',
  summary: 'a model that another program trained',
  config: ImportConfig,
  train: async () => imported,
});

function checkTokenizer(tokenizer: Uint8Array, maxLength: number): void {
  try {
    new Subwords(tokenizer, maxLength);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new ImportError(cause.message, { cause });
  }
}

function checkAddedTokens(tokenizer: Uint8Array): void {
  const problems = unmatchedTokens(readTokenizerFile(tokenizer)).slice(0, 10);
  if (problems.length > 0)
    throw new ImportError(
      `not a tokenizer.json that is supported: ${problems.join('; ')}: set these to false where the texts never hold the token, or train without it`,
    );
}

/**
 * A graph looks ids and positions up in its tables. Beyond their ends it fails, at the first text that is too long or
 * has such an id.
 */
function checkTables(onnx: Uint8Array, tokenizer: Uint8Array, maxLength: number): void {
  const { positions, words } = tableHeights(onnx);
  if (positions !== null && maxLength > positions)
    throw new ImportError(
      `the graph has positions for ${positions} tokens, not for ${maxLength}: give a shorter length`,
    );
  const { model, added_tokens } = readTokenizerFile(tokenizer);
  let most = 0;
  for (const id of Object.values(model.vocab)) most = Math.max(most, id);
  for (const { id } of added_tokens) most = Math.max(most, id);
  if (words !== null && most >= words)
    throw new ImportError(
      `the tokenizer has the id ${most}, the graph has vectors for ${words} ids: it is of another model`,
    );
}
