import * as z from 'zod';
import { define, onlyDense } from './definition.ts';
import {
  Count,
  Counts,
  Digest,
  Label,
  Milliseconds,
  ObjectId,
  PromotionId,
  Reason,
  RunId,
  Share,
  Version,
  VersionRef,
} from './values.ts';

export const PromotionClass = z.enum(['promotion', 'rollback']);
export type PromotionClass = z.infer<typeof PromotionClass>;

/** Pull request numbers start at 1 on every forge. */
const PullRequestNumber = z.int().min(1);

/** A third of the evaluation rows by length of text: `upTo` characters (null: no end), both models' counts. */
const Slice = z.strictObject({
  name: z.enum(['short', 'medium', 'long']),
  upTo: Count.nullable(),
  rows: Count,
  candidate: Counts,
  baseline: Counts.nullable(),
});

/**
 * Confusion counts of both models on the same rows, from one scoring. Optional members are those that earlier gates did
 * not write.
 */
const Measured = z.strictObject({
  labels: z.array(Label).min(2),
  candidate: Counts,
  baseline: Counts.nullable(),
  candidateF1: Share,
  baselineF1: Share.nullable(),
  requiredF1: Share,
  /** Rows that exactly one of the two models gets right. */
  discordant: z.strictObject({ onlyCandidateRight: Count, onlyBaselineRight: Count }).optional(),
  slices: z.array(Slice).optional(),
  /**
   * Evaluation rows that are also among the candidate's training rows; they are in none of these counts. Left out:
   * there are none, or they are counted.
   */
  leakedRows: Count.optional(),
});

/** Everything that a verdict is bound to. If one of them changes before the merge, the verdict is void. */
export const Bound = z.strictObject({
  head: ObjectId,
  base: ObjectId,
  policy: Digest,
  evaluation: z.strictObject({ set: z.string().min(1).max(64), digest: Digest }),
  baseline: VersionRef.nullable(),
  candidate: VersionRef,
  changes: z.array(z.strictObject({ path: z.string().max(500), digest: Digest })),
});

/** A commit on the registry's main branch and how it got there. */
const Merge = {
  number: PullRequestNumber,
  head: ObjectId,
  base: ObjectId,
  commit: ObjectId,
  tree: ObjectId,
  verdict: Digest,
};

const id = '1v8k2m0p4qxa';
const d = (hex: string) => `sha256:${hex.repeat(64)}`;
const o = (hex: string) => hex.repeat(40);

/** Events of `model-<name>` streams: promotions, their gates, rollbacks. */
export const modelEvents = {
  /** Reserves the version number. `claimed` is the run's own F1: people see it, nothing is compared with it. */
  PromotionProposed: define(
    'model',
    z.strictObject({
      promotionId: PromotionId,
      class: PromotionClass,
      candidate: VersionRef,
      runId: RunId.nullable(),
      baseline: VersionRef.nullable(),
      claimedF1: Share.nullable(),
      reason: z.string().max(2000).nullable(),
    }),
    {
      promotionId: id,
      class: 'promotion',
      candidate: { version: 2, manifest: d('5') },
      runId: id,
      baseline: { version: 1, manifest: d('6') },
      claimedF1: 0.92,
      reason: null,
    },
  ),
  PullRequestOpened: define(
    'model',
    z.strictObject({
      promotionId: PromotionId,
      number: PullRequestNumber,
      url: z.string().max(2000),
      branch: z.string().min(1).max(300),
      head: ObjectId,
      base: ObjectId,
    }),
    {
      promotionId: id,
      number: 2,
      url: 'registry.git#2',
      branch: 'promote/sentiment/2-1v8k2m0p4qxa',
      head: o('b'),
      base: o('c'),
    },
  ),
  /** The baseline moved while the pull request was open. The branch was made again on the new main, and needs a new verdict. */
  PullRequestRebased: define(
    'model',
    z.strictObject({
      promotionId: PromotionId,
      number: PullRequestNumber,
      head: ObjectId,
      base: ObjectId,
      baseline: VersionRef.nullable(),
    }),
    { promotionId: id, number: 2, head: o('d'), base: o('e'), baseline: { version: 3, manifest: d('7') } },
  ),
  /** The gate's answer. `fail` is recorded like any other fact; `error` means that the gate could not reach an answer, which blocks the merge too. */
  GateJudged: define(
    'model',
    z.strictObject({
      promotionId: PromotionId,
      class: PromotionClass,
      result: z.enum(['pass', 'fail', 'error']),
      reasons: z.array(Reason).max(100),
      bound: Bound.nullable(),
      measured: Measured.nullable(),
      claimed: z.strictObject({ labels: z.array(Label), confusion: Counts }).nullable(),
      head: ObjectId,
      base: ObjectId,
      verdict: Digest.nullable(),
      scorer: z.strictObject({
        pawl: z.string(),
        onnxruntime: z.string(),
        node: z.string(),
        /** The models were scored without a bound on their memory. Earlier gates did not write it. */
        memory: z.literal('unbounded').optional(),
      }),
      durationMs: Milliseconds,
    }),
    {
      promotionId: id,
      class: 'promotion',
      result: 'pass',
      reasons: [{ code: 'f1-at-least-baseline', message: 'F1 0.9216 ≥ 0.9100' }],
      bound: {
        head: o('b'),
        base: o('c'),
        policy: d('8'),
        evaluation: { set: 'imdb-test', digest: d('2') },
        baseline: { version: 1, manifest: d('6') },
        candidate: { version: 2, manifest: d('5') },
        changes: [{ path: 'models/sentiment/production.json', digest: d('9') }],
      },
      measured: {
        labels: ['neg', 'pos'],
        candidate: [
          [90, 10],
          [6, 94],
        ],
        baseline: [
          [88, 12],
          [6, 94],
        ],
        candidateF1: 0.9215686274509803,
        baselineF1: 0.912621359223301,
        requiredF1: 0.912621359223301,
      },
      claimed: {
        labels: ['neg', 'pos'],
        confusion: [
          [90, 10],
          [6, 94],
        ],
      },
      head: o('b'),
      base: o('c'),
      verdict: d('a'),
      scorer: { pawl: '0.1.0', onnxruntime: '1.30.0', node: '20.20.2' },
      durationMs: 640,
    },
    [onlyDense],
  ),
  /** The candidate is the baseline now; it replaces `replaced`. */
  PromotionMerged: define(
    'model',
    z.strictObject({
      promotionId: PromotionId,
      candidate: VersionRef,
      replaced: VersionRef.nullable(),
      model: Digest,
      ...Merge,
    }),
    {
      promotionId: id,
      candidate: { version: 2, manifest: d('5') },
      replaced: { version: 1, manifest: d('6') },
      model: d('4'),
      number: 2,
      head: o('b'),
      base: o('c'),
      commit: o('f'),
      tree: o('0'),
      verdict: d('a'),
    },
  ),
  PromotionRejected: define(
    'model',
    z.strictObject({
      promotionId: PromotionId,
      /** The version number that this promotion reserved; null for a rollback. */
      version: Version.nullable(),
      cause: z.enum(['gate-failed', 'gate-error', 'closed', 'abandoned', 'superseded']),
      reasons: z.array(Reason).max(100),
      number: PullRequestNumber.nullable(),
    }),
    {
      promotionId: id,
      version: 2,
      cause: 'gate-failed',
      reasons: [{ code: 'f1-below-baseline', message: 'F1 0.8900 < 0.9100' }],
      number: 2,
    },
  ),
  /** An earlier version is the baseline again. */
  ProductionRolledBack: define(
    'model',
    z.strictObject({
      promotionId: PromotionId,
      from: VersionRef,
      to: VersionRef,
      model: Digest,
      reason: z.string().min(1).max(2000),
      ...Merge,
    }),
    {
      promotionId: id,
      from: { version: 2, manifest: d('5') },
      to: { version: 1, manifest: d('6') },
      model: d('b'),
      reason: 'complaints about short texts',
      number: 3,
      head: o('1'),
      base: o('f'),
      commit: o('2'),
      tree: o('3'),
      verdict: d('c'),
    },
  ),
};
