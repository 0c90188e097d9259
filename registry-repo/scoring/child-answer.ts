import * as z from 'zod';
import { Measured } from '../judge/evidence.ts';
import { Finding } from '../judge/finding.ts';

const Versions = z.strictObject({ onnxruntime: z.string().max(100), node: z.string().max(100) });

/** What the scoring process says, once, before it ends. It is read like any stranger's word. */
export const ChildAnswer = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('scored'), measured: Measured, versions: Versions }),
  z.strictObject({
    kind: z.literal('refused'),
    which: z.enum(['candidate', 'baseline']),
    findings: z.array(Finding).min(1).max(100),
    versions: Versions,
  }),
  /** No model is at fault: it could not come to score them. */
  z.strictObject({ kind: z.literal('failed'), message: z.string().max(2000) }),
]);
export type ChildAnswer = z.infer<typeof ChildAnswer>;
