import * as z from 'zod';
import { Combined } from './combined.ts';
import { HashedNgrams } from './hashed-ngrams.ts';
import { HfTokenizer } from './hf-tokenizer.ts';

/**
 * How text becomes the numbers of a graph's inputs. It is part of the manifest, so it passes the gate with the model.
 */
export const Preprocessor = z.discriminatedUnion('kind', [HashedNgrams, HfTokenizer, Combined]);
export type Preprocessor = z.infer<typeof Preprocessor>;

/** The version's files, besides the graph, that it reads. */
export function filesOf(preprocessor: Preprocessor): string[] {
  if (preprocessor.kind === 'combined') return preprocessor.parts.flatMap(filesOf);
  return preprocessor.kind === 'hf-tokenizer' ? [preprocessor.file] : [];
}

/** Describes it to people. */
export const kindOf = (preprocessor: Preprocessor): string =>
  preprocessor.kind === 'combined' ? preprocessor.parts.map(({ kind }) => kind).join(' + ') : preprocessor.kind;
