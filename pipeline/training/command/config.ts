import * as z from 'zod';

/** Settings of the trainer `command`. */
export const CommandConfig = z.strictObject({
  command: z
    .array(z.string().min(1).max(4000))
    .max(1000)
    .default([])
    .describe(
      'Program and arguments that train; on the command line they follow `--`. They are not passed through a shell',
    ),
  settings: z.record(z.string(), z.json()).default({}).describe('Passed to the program unchanged'),
  environment: z
    .array(
      z
        .string()
        .regex(/^(?!PAWL_SECRET_)[A-Za-z_]\w{0,199}$/i, 'use names of variables; secrets of Pawl are never handed on'),
    )
    .max(100)
    .default([])
    .describe(
      'Variables that the program gets, in addition to PATH, HOME, LANG, TMPDIR and those of proxies and certificates',
    ),
  timeoutMinutes: z
    .number()
    .gt(0)
    .max(10_000)
    .default(600)
    .describe('Max time for the program; after that it is stopped'),
});
export type CommandConfig = z.infer<typeof CommandConfig>;
