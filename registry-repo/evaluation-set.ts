import * as z from 'zod';
import { Count, Digest, Label, Labels, Name } from './values.ts';

/**
 * `evaluation/<name>.json`: the rows on which every candidate for a model is scored, pinned by digest. The rows
 * themselves (`printRows`) are beside it in the tree, where a gate has nothing else, or in the artifact store under
 * that digest. In both places no candidate can change them.
 */
export const EvaluationSet = z
  .strictObject({
    schema: z.literal('pawl.evaluation-set/1'),
    name: Name,
    labels: Labels,
    rows: z.int().min(1),
    perLabel: z.record(Label, Count),
    digest: Digest,
    sizeBytes: Count,
    source: z.string().max(500),
  })
  .refine((set) => set.labels.every((label) => Object.hasOwn(set.perLabel, label)), 'perLabel must count every label');
export type EvaluationSet = z.infer<typeof EvaluationSet>;

export const evaluationPath = (name: string): string => `evaluation/${name}.json`;
/** Where the rows are in the tree, if they are. */
export const evaluationRowsPath = (name: string): string => `evaluation/${name}.jsonl`;
