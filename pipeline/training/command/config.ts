import * as z from 'zod';

/** Settings of the trainer `command`. */
export const CommandConfig = z.strictObject({
  command: z
    .array(z.string().min(1).max(4000))
    .max(1000)
    .default([])
    .describe('Program and arguments that train; on the command line they follow `--`. No shell reads them'),
  settings: z.record(z.string(), z.json()).default({}).describe('Handed to the program as they are'),
  timeoutMinutes: z.number().gt(0).max(10_000).default(600).describe('The program is stopped after so long'),
});
export type CommandConfig = z.infer<typeof CommandConfig>;
