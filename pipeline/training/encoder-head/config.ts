import * as z from 'zod';

/** Settings of the trainer `encoder-head`. */
export const EncoderHeadConfig = z.strictObject({
  model: z
    .string()
    .min(1)
    .max(1000)
    .default('sentence-transformers/all-MiniLM-L6-v2')
    .describe('Pretrained encoder, which is frozen: a Hugging Face folder, or an id on its hub'),
  revision: z.string().min(1).max(200).default('main').describe('Branch, tag or commit of a model on the hub'),
  maxLength: z.int().min(8).max(8192).default(256).describe('Max tokens of a text; the rest is cut off'),
  states: z
    .array(z.int().min(-128).max(128))
    .min(1)
    .max(16)
    .default([-1, -2, -3])
    .describe('Hidden states that are a text’s features: 0 for the embeddings, 1 for the first layer, -1 for the last'),
  pooling: z
    .enum(['mean', 'first', 'both'])
    .default('mean')
    .describe('How to pool a hidden state: its mean over all tokens, the state of the first token, or both'),
  precision: z
    .enum(['float32', 'int8', 'int7'])
    .default('float32')
    .describe(
      'Number format of the encoder, in training and in the model; int7 is less exact than int8, and faster on x86 without VNNI',
    ),
  ngrams: z
    .boolean()
    .default(true)
    .describe('Whether to stack `nbsvm`: its score becomes one more feature of the head'),
  rows: z.int().min(0).max(1_000_000_000).default(0).describe('Max training rows to read, drawn at random; 0 for all'),
  cost: z
    .number()
    .min(0)
    .max(1e6)
    .default(0)
    .describe('Cost of errors against regularisation (C); 0 chooses it by cross-validation'),
  folds: z.int().min(2).max(20).default(3).describe('Folds of the rows for the cross-validation of the cost'),
  iterations: z.int().min(1).max(100_000).default(300).describe('Max steps of the head’s solver'),
});
export type EncoderHeadConfig = z.infer<typeof EncoderHeadConfig>;
