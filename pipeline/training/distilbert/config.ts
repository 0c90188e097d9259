import * as z from 'zod';
import { FitConfig } from '../transformer/fit-config.ts';

const size = (what: string, preset: number, most: number) => z.int().min(1).max(most).default(preset).describe(what);

/** Settings of the trainer `distilbert`. */
export const DistilbertConfig = FitConfig.extend({
  model: z
    .string()
    .min(1)
    .max(1000)
    .nullable()
    .default('distilbert/distilbert-base-uncased')
    .describe('Pretrained encoder: a Hugging Face folder, or an id on its hub; null starts from random weights'),
  revision: z.string().min(1).max(200).default('main').describe('Branch, tag or commit of a model on the hub'),
  sizes: z
    .strictObject({
      vocabulary: size('Random weights: most subwords', 8000, 1_000_000),
      width: size('Random weights: of a token’s vector', 128, 8192),
      layers: size('Random weights: layers', 2, 128),
      heads: size('Random weights: attention heads; they divide the width', 4, 256),
      inner: size('Random weights: width of the feed-forward part', 512, 65_536),
    })
    .refine(({ width, heads }) => width % heads === 0, 'heads must divide width')
    .prefault({}),
  dropout: z
    .number()
    .min(0)
    .max(0.9)
    .nullable()
    .default(null)
    .describe('Share of numbers that training zeroes; null takes the model’s own'),
  layerDecay: z
    .number()
    .gt(0)
    .max(1)
    .default(1)
    .describe('What the rate is multiplied by for each layer further from the head'),
  frozenEmbeddings: z.boolean().default(false).describe('Whether the embeddings stay as they are'),
  frozenLayers: z
    .int()
    .min(0)
    .max(128)
    .default(0)
    .describe('Lowest layers that stay as they are, and the embeddings with them'),
  ngrams: z
    .boolean()
    .default(false)
    .describe('Whether what `nbsvm` makes of a text’s n-grams counts beside what the transformer does'),
});
export type DistilbertConfig = z.infer<typeof DistilbertConfig>;
