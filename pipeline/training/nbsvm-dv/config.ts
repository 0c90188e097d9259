import * as z from 'zod';
import { NbsvmConfig } from '../nbsvm/config.ts';

/** Settings of the trainer `nbsvm-dv`: those of `nbsvm`, and those of the vectors. */
export const NbsvmDvConfig = z.strictObject({
  ...NbsvmConfig.omit({ loss: true }).shape,
  cost: z
    .number()
    .gt(0)
    .max(1e6)
    .default(10)
    .describe('Cost of errors against regularisation (C), of the n-grams’ correction of the vectors’ score'),
  dimensions: z.int().min(4).max(512).multipleOf(4).default(64).describe('Length of an n-gram’s vector'),
  vectorCount: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(8)
    .describe('Minimum number of occurrences for an n-gram to get a vector'),
  vectorEpochs: z.int().min(1).max(1000).default(5).describe('Passes over all texts, labelled or not'),
  vectorRate: z.number().gt(0).max(10).default(0.1).describe('Initial learning rate of the vectors; it falls to 0'),
  negatives: z.int().min(1).max(100).default(5).describe('Negative samples for each n-gram of a text'),
  weighting: z
    .enum(['plain', 'idf', 'ratio'])
    .default('ratio')
    .describe('Weight of an n-gram in a text’s mean: 1, its idf, or its idf times the size of its log-count ratio'),
  weightFloor: z
    .number()
    .min(0)
    .max(100)
    .default(0.3)
    .describe('Added to the size of the log-count ratio, if n-grams are weighted with it'),
  vectorCost: z.number().gt(0).max(1e9).default(1).describe('Cost of errors against regularisation, of the vectors'),
  folds: z.int().min(2).max(20).default(5).describe('Folds of the rows to calibrate probabilities with'),
});
export type NbsvmDvConfig = z.infer<typeof NbsvmDvConfig>;
