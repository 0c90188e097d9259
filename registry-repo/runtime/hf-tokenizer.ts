import * as z from 'zod';
import { FileName } from '../values.ts';

const InputName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_.]{0,99}$/);

/** A transformer's subwords, as a Hugging Face `tokenizer.json` among the version's files splits them. */
export const HfTokenizer = z.strictObject({
  kind: z.literal('hf-tokenizer'),
  /** The tokenizer's file. */
  file: FileName,
  /** The most tokens of a text, special ones included. The rest of the text is cut off; the special tokens stay. */
  maxLength: z.int().min(4).max(8192),
  /** Batches are padded to a multiple of this many tokens, so that there are few different shapes. */
  bucket: z.int().min(1).max(512),
  /** Id that fills a shorter row. */
  padId: z.int().min(0).max(10_000_000),
  /** The graph's inputs by what they take; null where the graph has none of that kind. */
  inputs: z.strictObject({
    ids: InputName,
    /** 1 for tokens, 0 for padding. */
    mask: InputName.nullable(),
    /** 0 for the first text of a pair, 1 for the second. */
    types: InputName.nullable(),
  }),
});
export type HfTokenizer = z.infer<typeof HfTokenizer>;
