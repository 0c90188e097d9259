import * as z from 'zod';

const share = (what: string, preset: number) => z.number().min(0).max(1).default(preset).describe(what);

/** Settings of every trainer that learns by gradient steps. */
export const FitConfig = z.strictObject({
  backend: z
    .enum(['auto', 'tensorflow', 'webgpu', 'wasm', 'cpu'])
    .default('auto')
    .describe('What computes; auto takes the fastest of `pawl backend list` that is usable'),
  maxLength: z.int().min(8).max(8192).default(256).describe('Most tokens of a text; the rest is cut off'),
  epochs: z.int().min(1).max(1000).default(3).describe('Passes over the data'),
  batch: z.int().min(1).max(4096).default(32).describe('Texts whose gradients are computed at a time'),
  accumulation: z.int().min(1).max(4096).default(1).describe('Batches whose gradients make one step'),
  learningRate: z.number().gt(0).max(1).default(5e-5).describe('Highest learning rate'),
  warmup: share('Share of all steps in which the rate rises from 0; it falls to 0 afterwards', 0.06),
  weightDecay: share('What a step at rate 1 takes away of a weight', 0.01),
  clip: z.number().min(0).max(1e6).default(1).describe('Largest norm of all gradients together; 0 for no limit'),
  validationShare: z
    .number()
    .min(0)
    .max(0.5)
    .default(0.05)
    .describe('Share of the training rows that the best epoch is chosen by; 0 keeps the last epoch'),
  validationDraw: z
    .union([z.literal(1), z.literal(2)])
    .default(2)
    .describe('Which hash draws those rows: 2, or 1 to repeat a run from before there was this setting'),
  patience: z
    .int()
    .min(0)
    .max(1000)
    .default(2)
    .describe('Stops after so many epochs without a better F1 on the held-out rows; 0 for never'),
  logSteps: z.int().min(1).max(100_000).default(50).describe('Steps from one measurement of loss and rate to the next'),
  checkpointSeconds: z
    .number()
    .min(0)
    .max(86_400)
    .default(300)
    .describe('How often a training keeps where it is, to be taken up again after a crash'),
});
export type FitConfig = z.infer<typeof FitConfig>;
