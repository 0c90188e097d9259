import * as z from 'zod';
import { Evidence } from '../judge/evidence.ts';
import { Finding } from '../judge/finding.ts';
import { Digest, Instant, Name, ObjectId, RunId, VersionRef } from '../values.ts';

/** Everything that a verdict is bound to. If one of them changes before the merge, the verdict is void. */
export const Bound = z.strictObject({
  head: ObjectId,
  base: ObjectId,
  policy: Digest,
  /** Digest of `evaluation/<set>.json`, which pins the rows by their own digest. */
  evaluation: z.strictObject({ set: Name, digest: Digest }),
  baseline: VersionRef.nullable(),
  candidate: VersionRef,
  /** Every file the pull request changes, with the digest of its new bytes, in order of their paths. */
  changes: z.array(z.strictObject({ path: z.string().max(500), digest: Digest })).min(1),
});
export type Bound = z.infer<typeof Bound>;

/** The gate's answer to one pull request, and what it is based on. */
export const Verdict = z.strictObject({
  schema: z.literal('pawl.verdict/1'),
  /**
   * Id of the registry in which this was judged; it counts only there. Left out: judged before the registry had an id.
   * Such verdicts are valid up to the commit and date at which the id was made ({@link RegistryIdentity}).
   */
  registry: RunId.optional(),
  class: z.enum(['promotion', 'rollback']),
  model: Name,
  promotion: RunId,
  pullRequest: z.int().min(1),
  /** Why production goes back; null for a promotion. */
  reason: z.string().min(1).max(2000).nullable(),
  result: z.enum(['pass', 'fail']),
  findings: z.array(Finding).min(1).max(100),
  bound: Bound,
  /** The candidate's files by path in the registry, whether their bytes are there or in the artifact store. */
  files: z.array(z.strictObject({ path: z.string().max(500), digest: Digest })).min(1),
  evidence: Evidence,
  scorer: z.strictObject({
    pawl: z.string(),
    onnxruntime: z.string(),
    node: z.string(),
    /** The models were scored without a bound on their memory; left out if there was one, and in earlier verdicts. */
    memory: z.literal('unbounded').optional(),
  }),
  judgedAt: Instant,
  durationMs: z.number().min(0),
});
export type Verdict = z.infer<typeof Verdict>;
