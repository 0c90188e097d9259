import * as z from 'zod';
import { HashedNgrams } from './hashed-ngrams.ts';
import { HfTokenizer } from './hf-tokenizer.ts';

/**
 * N-grams and subwords of the same text, for one graph. The tokenizer's settings name its inputs; the remaining input
 * takes the n-grams.
 */
export const Combined = z.strictObject({
  kind: z.literal('combined'),
  parts: z.tuple([HashedNgrams, HfTokenizer]),
});
export type Combined = z.infer<typeof Combined>;
