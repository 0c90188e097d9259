import * as z from 'zod';

const share = (what: string, preset: number) => z.number().min(0).max(1).default(preset).describe(what);

/** Settings of every trainer that learns by gradient steps. */
export const FitConfig = z.strictObject({
  backend: z
    .enum(['auto', 'tensorflow', 'webgpu', 'wasm', 'cpu'])
    .default('auto')
    .describe('Backend that computes; auto takes the fastest usable one of `pawl backend list`'),
  maxLength: z.int().min(8).max(8192).default(256).describe('Max tokens of a text; the rest is cut off'),
  epochs: z.int().min(1).max(1000).default(3).describe('Passes over the data'),
  batch: z.int().min(1).max(4096).default(32).describe('Texts in a batch'),
  accumulation: z.int().min(1).max(4096).default(1).describe('Batches whose gradients are accumulated for one step'),
  learningRate: z.number().gt(0).max(1).default(5e-5).describe('Max learning rate'),
  warmup: share('Share of all steps in which the rate rises from 0; it falls to 0 afterwards', 0.06),
  weightDecay: share('Share of a weight that a step at learning rate 1 takes away', 0.01),
  clip: z.number().min(0).max(1e6).default(1).describe('Max norm of all gradients together; 0 for no limit'),
  validationShare: z
    .number()
    .min(0)
    .max(0.5)
    .default(0.05)
    .describe('Share of the training rows that are held out to choose the best epoch; 0 keeps the last epoch'),
  validationDraw: z
    .union([z.literal(1), z.literal(2)])
    .default(2)
    .describe('Which hash draws those rows: 2, or 1 to repeat a run that is older than this setting'),
  patience: z
    .int()
    .min(0)
    .max(1000)
    .default(2)
    .describe('Stop after this number of epochs without a better F1 on the held-out rows; 0 for never'),
  logSteps: z.int().min(1).max(100_000).default(50).describe('Steps between two measurements of loss and rate'),
  checkpointSeconds: z
    .number()
    .min(0)
    .max(86_400)
    .default(300)
    .describe('How often training saves a checkpoint, to continue from after a crash'),
});
export type FitConfig = z.infer<typeof FitConfig>;
