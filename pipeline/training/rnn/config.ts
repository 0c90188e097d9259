import * as z from 'zod';
import { FitConfig } from '../transformer/fit-config.ts';

/** Settings of the trainer `rnn`. */
export const RnnConfig = FitConfig.extend({
  epochs: z.int().min(1).max(1000).default(3).describe('Passes over the data'),
  batch: z.int().min(1).max(4096).default(64).describe('Texts whose gradients are computed at a time'),
  learningRate: z.number().gt(0).max(1).default(2e-3).describe('Highest learning rate'),
  vocabulary: z
    .int()
    .min(10)
    .max(1_000_000)
    .default(20_000)
    .describe('Most words and marks that have a vector; others are unknown'),
  embedding: z.int().min(1).max(4096).default(100).describe('Length of a word’s vector'),
  hidden: z.int().min(1).max(4096).default(128).describe('Width of an LSTM’s state, in one direction'),
  layers: z.int().min(1).max(8).default(1).describe('LSTMs on top of each other'),
  bidirectional: z.boolean().default(true).describe('Whether texts are read from both ends'),
  summary: z
    .enum(['max', 'mean', 'last'])
    .default('max')
    .describe('What stands for a text: the highest or the mean of its states number by number, or the last state'),
  dropout: z
    .number()
    .min(0)
    .max(0.9)
    .default(0.3)
    .describe('Share of numbers that training zeroes, of words’ vectors and of what stands for a text'),
});
export type RnnConfig = z.infer<typeof RnnConfig>;
