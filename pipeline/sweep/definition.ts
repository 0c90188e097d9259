import * as z from 'zod';

const Scalar = z.union([z.string().max(1000), z.number(), z.boolean(), z.null()]);

/** A stretch of numbers; `steps` are the values that a grid takes of it, both ends among them. */
const Range = z
  .strictObject({
    from: z.number(),
    to: z.number(),
    log: z.boolean().default(false),
    integer: z.boolean().default(false),
    steps: z.int().min(2).max(1000).optional(),
  })
  .refine(({ from, to }) => from < to, 'from must lie below to')
  .refine(({ from, log }) => !log || from > 0, 'a logarithmic range starts above 0');
export type Range = z.infer<typeof Range>;

/** `sweep.yaml`: which settings of one trainer to try. */
export const SweepDefinition = z.strictObject({
  trainer: z.string().min(1).max(100),
  /** By path in the trainer's settings (`cost`, `sizes.width`): values, or a stretch of them. */
  parameters: z
    .record(
      z.string().regex(/^[A-Za-z]\w*(?:\.[A-Za-z]\w*)*$/, 'use a setting’s name, such as cost or sizes.width'),
      z.union([z.array(Scalar).min(1).max(1000), Range]),
    )
    .refine((p) => Object.keys(p).length > 0, 'name at least one setting'),
  /** Settings that all points share. */
  config: z.record(z.string(), z.json()).default({}),
  search: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('grid') }),
      z.strictObject({
        kind: z.literal('random'),
        points: z.int().min(1).max(10_000),
        seed: z.int().min(0).max(0xffff_ffff).default(1),
      }),
    ])
    .prefault({ kind: 'grid' }),
  /** Share of the training rows that points are measured on. The test rows stay unseen: the best of many would flatter itself. */
  validationShare: z.number().gt(0).max(0.5).default(0.2),
  /** Runs at a time, and the memory they may take together, as far as the first one's peak foretells it. */
  parallel: z.int().min(1).max(256).default(1),
  memoryMegabytes: z.int().min(64).max(10_000_000).nullable().default(null),
});
export type SweepDefinition = z.infer<typeof SweepDefinition>;
