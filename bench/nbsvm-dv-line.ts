import * as z from 'zod';

/** One model of the bench `nbsvm-dv`: what scores, what it learnt from, and how well it does. */
export const Line = z.strictObject({
  /** What scores, and settings that are not the trainer's defaults. */
  name: z.string(),
  /** Labelled rows that it was trained on. */
  rows: z.int().positive(),
  /** Whether it also learnt from texts without labels. */
  unlabelled: z.boolean(),
  /** By `REVIEWS` on all test reviews, with its 95 % interval. */
  f1: z.number(),
  low: z.number(),
  high: z.number(),
  /** Accuracy on the training rows, each scored by a model of the other fifths. */
  held: z.number(),
  /** Of the whole process, which makes several lines. */
  seconds: z.number(),
  peakBytes: z.number().nullable(),
});
export type Line = z.infer<typeof Line>;
