import * as z from 'zod';
import { HashedNgrams } from './hashed-ngrams.ts';
import { HfTokenizer } from './hf-tokenizer.ts';

/** How text becomes the numbers of a graph's inputs; part of the manifest, so it is gated with the model. */
export const Preprocessor = z.discriminatedUnion('kind', [HashedNgrams, HfTokenizer]);
export type Preprocessor = z.infer<typeof Preprocessor>;
