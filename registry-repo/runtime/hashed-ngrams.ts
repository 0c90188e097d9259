import * as z from 'zod';

/** Word n-grams, hashed to integer ids. */
export const HashedNgrams = z.strictObject({
  kind: z.literal('hashed-ngrams'),
  bits: z.int().min(8).max(28),
  orders: z.array(z.int().min(1).max(5)).min(1).max(5),
});
export type HashedNgrams = z.infer<typeof HashedNgrams>;
