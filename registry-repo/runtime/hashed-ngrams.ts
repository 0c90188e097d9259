import * as z from 'zod';

/** A part of a text, as shares of its tokens. */
const Zone = z
  .strictObject({
    from: z.number().min(0).max(1),
    to: z.number().min(0).max(1),
    /** Longest n-gram, in tokens. */
    order: z.int().min(1).max(5),
  })
  .refine(({ from, to }) => from < to, 'from must lie before to');

/**
 * The set of a text's token n-grams, hashed to integer ids below 2^bits. The n-grams of each zone are features of their
 * own: "a waste of time" at the end of a review says more than in its middle. The first zone is usually the whole text.
 */
export const HashedNgrams = z.strictObject({
  kind: z.literal('hashed-ngrams'),
  /** How texts are split: see `Tokenizer`. If that changes, the name here must change. */
  tokens: z.literal('words-1'),
  bits: z.int().min(8).max(28),
  zones: z.array(Zone).min(1).max(8),
});
export type HashedNgrams = z.infer<typeof HashedNgrams>;
