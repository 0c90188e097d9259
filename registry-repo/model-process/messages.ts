import * as z from 'zod';
import type { RuntimeSource } from '../runtime/runtime.ts';

/** The part of a manifest that a runtime is made from. */
export type RuntimeManifest = RuntimeSource['manifest'];

/**
 * What the parent tells a model's process. It sends the next order only after an answer. The process ends when the
 * parent can send no more.
 */
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
 * What the process answers: one of these for every order. `classified` is followed by [B, K] probabilities, row-major
 * float32. After a failed `load` the process ends by itself. It ran an untrusted graph, so its answers are untrusted,
 * too.
 */
export const Answer = z.discriminatedUnion('answer', [
  z.strictObject({ answer: z.literal('loaded') }),
  z.strictObject({ answer: z.literal('classified') }),
  z.strictObject({ answer: z.literal('failed'), code: z.string().max(100), message: z.string().max(2000) }),
]);
export type Answer = z.infer<typeof Answer>;

/** File descriptor for answers; standard output is left to native libraries. */
export const ANSWERS = 3;
