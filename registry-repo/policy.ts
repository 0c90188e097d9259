import * as z from 'zod';
import { RegistryIdentity } from './identity.ts';
import { SliceName } from './slices.ts';
import { Digest, Instant, Label, Name, Share } from './values.ts';

/**
 * How one model is judged. F1 is the binary F1 of `positive`, or the macro or label-frequency-weighted mean over all labels.
 * The mandatory rule: without a baseline F1 ≥ `minimum`; with one F1 ≥ the baseline's F1 + `margin`.
 */
export const ModelPolicy = z
  .strictObject({
    evaluation: Name,
    average: z.enum(['binary', 'macro', 'weighted']),
    positive: Label.nullable(),
    minimum: Share,
    margin: Share,
    /**
     * A check besides the rule: the largest probability that chance alone explains the difference to the baseline. Null
     * checks nothing.
     */
    significance: z.strictObject({ test: z.literal('mcnemar'), alpha: z.number().gt(0).max(0.5) }).nullable(),
    /** Lowest F1 of single labels. */
    labelFloors: z.record(Label, Share),
    /** Lowest F1, averaged as above, on thirds of the evaluation rows by length of text. Left out: no such floor. */
    sliceFloors: z.partialRecord(SliceName, Share).optional(),
    /** Largest model file, bytes. */
    modelBytes: z.int().min(1),
    /**
     * What a candidate may cost at most, as a multiple of the baseline: bytes of `model.onnx`, and time for a text,
     * both models measured in turns in one process. Left out: no limit.
     */
    budget: z
      .strictObject({
        sizeRatio: z.number().gt(0).max(1000).optional(),
        latencyRatio: z.number().gt(0).max(1000).optional(),
      })
      .optional(),
  })
  .refine(
    (p) => (p.average === 'binary') === (p.positive !== null),
    'positive is for the binary average, and needed by it',
  )
  .meta({ title: 'ModelPolicy' });
export type ModelPolicy = z.infer<typeof ModelPolicy>;

/** A public key, what its signatures count for, and from when until when. */
export const Key = z.strictObject({
  id: z.string().regex(/^ed25519:[0-9a-f]{16}$/),
  role: z.enum(['gate', 'log']),
  publicKey: z
    .string()
    .regex(/^[A-Za-z0-9+/]{58}==$|^[A-Za-z0-9+/]{59}=$|^[A-Za-z0-9+/]{60}$/, 'base64 of the SPKI form'),
  from: Instant,
  until: Instant.nullable(),
  /**
   * In a public key that a person pins: the one registry that its signatures count for. Left out: any, as before there
   * were ids.
   */
  registry: RegistryIdentity.optional(),
});
export type Key = z.infer<typeof Key>;

/** `gate.json`: the rules. Only the copy on main counts; a promotion that touches it is refused. */
export const Policy = z.strictObject({
  schema: z.literal('pawl.policy/1'),
  /**
   * Which registry these rules are for. Left out: it was made before registries had ids (`pawl registry configure
   * --identify`).
   */
  registry: RegistryIdentity.optional(),
  models: z.record(Name, ModelPolicy),
  limits: z.strictObject({
    /** Larger files stay in the artifact store instead of the registry's tree. */
    treeBytes: z.int().min(0),
    /** Wall-clock seconds and resident megabytes of one scoring of candidate and baseline. */
    scoreSeconds: z.int().min(1).max(86_400),
    scoreMegabytes: z.int().min(128).max(1_000_000),
    /** With fewer evaluation rows, in all or of one label, an F1 means nothing. */
    minimumRows: z.int().min(1),
    minimumRowsPerLabel: z.int().min(1),
  }),
  /**
   * What to do when evaluation rows are among the training rows: with `fail`, more than `rows` of them are a fail; else
   * they are only reported.
   */
  leakage: z.strictObject({ rows: z.int().min(0), action: z.enum(['fail', 'warn']) }),
  /**
   * Whether a pass merges at once, or waits until a person approves the very commit that was judged. Left out: at once.
   */
  merge: z.enum(['auto', 'after-approval']).optional(),
  /** How many promotions back a rollback may reach. */
  rollback: z.strictObject({ last: z.int().min(1).max(1000) }),
  /** Manifests that must never serve again. */
  revoked: z.array(Digest).max(10_000),
  keys: z.array(Key).min(1).max(100),
});
export type Policy = z.infer<typeof Policy>;

export const POLICY_PATH = 'gate.json';
