import * as z from 'zod';
import { getIn } from '../config/layers.ts';
import { trainers } from '../training/trainers.ts';

/** A range of numbers; `steps` are the values that a grid takes from it, including both ends. */
const Range = z
  .strictObject({
    from: z.number(),
    to: z.number(),
    log: z.boolean().default(false),
    integer: z.boolean().default(false),
    steps: z.int().min(2).max(1000).optional(),
  })
  .refine(({ from, to }) => from < to, 'from must lie below to')
  .refine(({ from, log }) => !log || from > 0, 'a logarithmic range starts above 0')
  .refine(
    ({ from, to, integer }) => !integer || (Number.isSafeInteger(from) && Number.isSafeInteger(to)),
    'a range of whole numbers starts and ends with one',
  );
export type Range = z.infer<typeof Range>;

const Values = z.array(z.json()).min(1).max(1000);

/** A list is checked as a list and all else as a range, so that an error names the right form. */
export const Parameter = z.unknown().transform((value, context): z.output<typeof Values> | Range => {
  const checked = (Array.isArray(value) ? Values : Range).safeParse(value, {
    error: ({ code }) =>
      code === 'invalid_type' && !isObject(value)
        ? 'give a list of values, or a range: { from: 1, to: 10 }'
        : undefined,
  });
  if (checked.success) return checked.data;
  for (const { path, message } of checked.error.issues)
    context.addIssue({ code: 'custom', path: [...path], message, input: value });
  return z.NEVER;
});

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

/** `sweep.yaml`: which settings of one trainer to try. */
export const SweepDefinition = z
  .strictObject({
    trainer: z.enum(trainers.map(({ name }) => name)),
    /** By path in the trainer's settings (`cost`, `sizes.width`): values, or a range. */
    parameters: z
      .record(
        z.string().regex(/^[A-Za-z]\w*(?:\.[A-Za-z]\w*)*$/, 'use a setting’s name, such as cost or sizes.width'),
        Parameter,
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
    /**
     * Share of the training rows that points are measured on. The test rows are not used: the best of many points would
     * look too good on them.
     */
    validationShare: z.number().gt(0).max(0.5).default(0.2),
    /** How many runs at a time, and the memory that they may take together. */
    parallel: z.int().min(1).max(256).default(1),
    memoryMegabytes: z.int().min(64).max(10_000_000).nullable().default(null),
  })
  .superRefine(({ parameters, config, search }, { addIssue }) => {
    const names = Object.keys(parameters);
    const issue = (name: string, message: string) =>
      addIssue({ code: 'custom', path: ['parameters', name], input: parameters[name], message });
    for (const name of names) {
      if (names.some((other) => other.startsWith(`${name}.`))) issue(name, 'it and a part of it cannot both vary');
      if (getIn(config, name.split('.')) !== undefined) issue(name, 'it stands under config, too: leave it out there');
    }
    if (search.kind === 'grid')
      for (const [name, values] of Object.entries(parameters))
        if (!Array.isArray(values) && values.steps === undefined)
          issue(name, 'a grid needs steps, or a list of values; or search at random');
  });
export type SweepDefinition = z.infer<typeof SweepDefinition>;
