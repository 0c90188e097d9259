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
      vocabulary: size('Random weights: max subwords', 8000, 1_000_000),
      width: size('Random weights: width of a token’s vector', 128, 8192),
      layers: size('Random weights: number of layers', 2, 128),
      heads: size('Random weights: number of attention heads, which must divide the width', 4, 256),
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
    .describe('Share of numbers that training sets to 0; null takes the model’s own share'),
  layerDecay: z
    .number()
    .gt(0)
    .max(1)
    .default(1)
    .describe('Factor of the learning rate for each layer further from the head'),
  frozenEmbeddings: z.boolean().default(false).describe('Whether the embeddings are frozen'),
  frozenLayers: z
    .int()
    .min(0)
    .max(128)
    .default(0)
    .describe('Number of lowest layers that are frozen, together with the embeddings'),
  ngrams: z.boolean().default(false).describe('Whether to blend the transformer with `nbsvm`'),
});
export type DistilbertConfig = z.infer<typeof DistilbertConfig>;
