import * as z from 'zod';
import { HashedNgrams } from './hashed-ngrams.ts';
import { HfTokenizer } from './hf-tokenizer.ts';

/**
 * N-grams and subwords of the same text, for one graph: the tokenizer says which inputs are its own, the one that is left
 * takes the n-grams.
 */
export const Combined = z.strictObject({
  kind: z.literal('combined'),
  parts: z.tuple([HashedNgrams, HfTokenizer]),
});
export type Combined = z.infer<typeof Combined>;
