import * as z from 'zod';
import { Slice, type StoredSlice } from '../slices.ts';
import { denseCounts, storedCounts } from '../stored-counts.ts';
import { type Confusion, Count, Counts, Digest, Labels, Share } from '../values.ts';

/** Milliseconds that each model takes for a text, in one process: medians of alternating repetitions. */
export const Latency = z.strictObject({
  candidate: z.number().gt(0),
  baseline: z.number().gt(0),
  texts: z.int().min(1),
  repetitions: z.int().min(1),
});
export type Latency = z.infer<typeof Latency>;

/** What one scoring counted: both models on the same rows in one process. Aggregates only, never which row. */
export const Measured = z.strictObject({
  candidate: Counts,
  baseline: Counts.nullable(),
  /** Rows that one of the two gets right and the other does not; null without a baseline. */
  onlyCandidateRight: Count.nullable(),
  onlyBaselineRight: Count.nullable(),
  /** Largest difference between a probability that the manifest promises and the one the model gave. */
  goldenDifference: z.number().min(0),
  /**
   * The same on the leaked rows, which are in none of the other counts; left out if there are none, or if all rows
   * count.
   */
  leaked: z.strictObject({ candidate: Counts, baseline: Counts.nullable() }).optional(),
  /** The same counts by length of text. Left out where there are too many labels, and in verdicts from before there were slices. */
  slices: z.array(Slice).optional(),
  /** Left out where the policy has no budget for it, or there is no baseline. */
  latency: Latency.optional(),
});
export type StoredMeasured = z.infer<typeof Measured>;
/** The form that judgements compute with. */
export type Measured = Omit<StoredMeasured, 'candidate' | 'baseline' | 'leaked' | 'slices'> & {
  readonly candidate: Confusion;
  readonly baseline: Confusion | null;
  readonly leaked?: { readonly candidate: Confusion; readonly baseline: Confusion | null } | undefined;
  readonly slices?: Slice[] | undefined;
};

/** The version of judging that gates use now. */
export const EVIDENCE_SCHEMA = 'pawl.evidence/3';

/** Earlier versions, of verdicts that are judged again as they were judged then. */
const EARLIER_SCHEMAS = ['pawl.evidence/2'] as const;

/** Everything that a judgement is based on besides the policy. The verdict keeps it, so that anyone can judge again. */
export const Evidence = z.strictObject({
  /**
   * The version of judging. Left out: the first, in which leaked rows counted, and a label without rows in a slice had
   * F1 0. `/2`: the candidate was not compared with trivial answers. Such verdicts are judged again as they were then;
   * no new one is signed.
   */
  schema: z.enum([...EARLIER_SCHEMAS, EVIDENCE_SCHEMA]).optional(),
  /** The pinned rows: how many of each label, and how many of those are not repetitions of another row. */
  evaluation: z.strictObject({ rows: Digest, labels: Labels, perLabel: z.array(Count), distinct: z.array(Count) }),
  /** The manifest's claim, and the rows it was measured on. */
  claimed: z.strictObject({ rows: Digest, labels: Labels, confusion: Counts, f1: Share }),
  modelBytes: Count,
  /** Of the baseline's `model.onnx`; left out where the policy has no budget for it, or there is no baseline. */
  baselineBytes: Count.optional(),
  /** Evaluation rows among the candidate's training rows; null if the candidate does not tell its training rows. */
  leakedRows: Count.nullable(),
  /**
   * Those rows by label, and how many of them differ: they count for neither model. Left out if they are not listed.
   */
  leaked: z.strictObject({ perLabel: z.array(Count), distinct: z.array(Count) }).optional(),
  /** Null where the models cannot be measured on these rows. */
  measured: Measured.nullable(),
});
export type StoredEvidence = z.infer<typeof Evidence>;
/** The form that judgements compute with. */
export type Evidence = Omit<StoredEvidence, 'claimed' | 'measured'> & {
  readonly claimed: Omit<StoredEvidence['claimed'], 'confusion'> & { readonly confusion: Confusion };
  readonly measured: Measured | null;
};

/** Turns stored evidence into the form that judgements compute with. */
export const openEvidence = ({ claimed, measured, ...rest }: StoredEvidence): Evidence => ({
  ...rest,
  claimed: { ...claimed, confusion: denseCounts(claimed.confusion) },
  measured: measured && (withCounts(measured, denseCounts) as Measured),
});

/** What was measured, as verdicts keep it. */
export const storedMeasured = (measured: StoredMeasured): StoredMeasured =>
  withCounts(measured, (counts) => storedCounts(denseCounts(counts)));

function withCounts({ leaked, slices, ...measured }: StoredMeasured, of: (counts: Counts) => Counts): StoredMeasured {
  const both = <T extends Pick<StoredSlice, 'candidate' | 'baseline'>>(side: T): T => ({
    ...side,
    candidate: of(side.candidate),
    baseline: side.baseline && of(side.baseline),
  });
  return { ...both(measured), ...(leaked && { leaked: both(leaked) }), ...(slices && { slices: slices.map(both) }) };
}

/**
 * How much a promised and a measured probability may differ: quantized kernels round differently on different
 * processors.
 */
export const GOLDEN_TOLERANCE = 1e-3;
