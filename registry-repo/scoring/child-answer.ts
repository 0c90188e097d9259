import * as z from 'zod';
import { Measured } from '../judge/evidence.ts';
import { Finding } from '../judge/finding.ts';

const Versions = z.strictObject({ onnxruntime: z.string().max(100), node: z.string().max(100) });

/** What the scoring process answers, once, before it ends. The answer is untrusted. */
export const ChildAnswer = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('scored'), measured: Measured, versions: Versions }),
  z.strictObject({
    kind: z.literal('refused'),
    which: z.enum(['candidate', 'baseline']),
    findings: z.array(Finding).min(1).max(100),
    versions: Versions,
  }),
  /** No model is at fault: the process could not begin to score. */
  z.strictObject({ kind: z.literal('failed'), message: z.string().max(2000) }),
]);
export type ChildAnswer = z.infer<typeof ChildAnswer>;
