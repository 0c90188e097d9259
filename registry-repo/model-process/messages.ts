import * as z from 'zod';
import type { RuntimeSource } from '../runtime/runtime.ts';

/** The part of a manifest that a runtime is made from. */
export type RuntimeManifest = RuntimeSource['manifest'];

/** What a model's process is told. It is told the next thing only after it has answered; it ends when nobody can tell it more. */
export type Order =
  | {
      readonly order: 'load';
      readonly manifest: RuntimeManifest;
      /** Files whose bytes follow, one after the other. */
      readonly files: readonly { readonly path: string; readonly size: number }[];
      readonly threads: number;
    }
  | { readonly order: 'classify'; readonly texts: readonly string[] };

/**
 * What it answers: one of these for every order. `classified` is followed by [B, K] probabilities, row-major float32. After a
 * failed `load` it ends by itself. It ran a stranger's graph, so it is read like a stranger's word.
 */
export const Answer = z.discriminatedUnion('answer', [
  z.strictObject({ answer: z.literal('loaded') }),
  z.strictObject({ answer: z.literal('classified') }),
  z.strictObject({ answer: z.literal('failed'), code: z.string().max(100), message: z.string().max(2000) }),
]);
export type Answer = z.infer<typeof Answer>;

/** File descriptor that answers are written to; standard output is left to whatever a native library says. */
export const ANSWERS = 3;
