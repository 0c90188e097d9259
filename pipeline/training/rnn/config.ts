import * as z from 'zod';
import { FitConfig } from '../transformer/fit-config.ts';

/** Settings of the trainer `rnn`. */
export const RnnConfig = FitConfig.extend({
  epochs: z.int().min(1).max(1000).default(3).describe('Passes over the data'),
  batch: z.int().min(1).max(4096).default(64).describe('Texts in a batch'),
  learningRate: z.number().gt(0).max(1).default(2e-3).describe('Max learning rate'),
  vocabulary: z
    .int()
    .min(10)
    .max(1_000_000)
    .default(20_000)
    .describe('Max number of words and marks that have a vector; others are unknown'),
  embedding: z.int().min(1).max(4096).default(100).describe('Length of a word’s vector'),
  hidden: z.int().min(1).max(4096).default(128).describe('Size of an LSTM’s state, in one direction'),
  layers: z.int().min(1).max(8).default(1).describe('Number of LSTM layers'),
  bidirectional: z.boolean().default(true).describe('Whether texts are read in both directions'),
  summary: z
    .enum(['max', 'mean', 'last'])
    .default('max')
    .describe('How the states become one vector for a text: element-wise max or mean, or the last state'),
  dropout: z
    .number()
    .min(0)
    .max(0.9)
    .default(0.3)
    .describe('Share of numbers that training sets to 0, in words’ vectors and in a text’s vector'),
});
export type RnnConfig = z.infer<typeof RnnConfig>;
